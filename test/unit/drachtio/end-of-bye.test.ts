import { describe, expect, it } from 'vitest';
import { endOfBye } from '../../../src/sip/drachtio/end-of-bye.js';

describe('a BYE', () => {
  it.each([
    ['network', 'Q.850;cause=17', { by: 'remote', q850Cause: 17, text: undefined }],
    ['network', 'SIP;cause=200;text="Session timer expired"', { by: 'remote', text: 'Session timer expired' }],
    ['application', 'SIP ;cause=200 ;text="ACK timeout"', { by: 'timeout', q850Cause: 102, text: 'ACK timeout' }],
    ['application', 'SIP ;cause=200 ;text="Session timer expired"', { by: 'timeout', q850Cause: 102 }],
    ['application', 'SIP ;cause=200 ;text="CANCEL after 200 OK"', { by: 'remote', q850Cause: undefined }],
  ])('of the %s with %s tells who ended the call', (source, reason, end) => {
    expect(endOfBye(source, [reason])).toMatchObject(end);
  });
});
