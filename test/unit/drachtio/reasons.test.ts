import { describe, expect, it } from 'vitest';
import { endOfBye, formatReason, parseReason } from '../../../src/sip/drachtio/reasons.js';

describe('a Reason', () => {
  it.each([
    ['Q.850;cause=16;text="Normal call clearing"', 16, 'Normal call clearing'],
    ['q.850 ; cause = 31', 31, undefined],
    ['SIP;cause=200;text="Call completed elsewhere", Q.850;cause=26', 26, undefined],
    ['SIP;cause=200;text="a, b; \\"c\\""', undefined, 'a, b; "c"'],
    ['Q.850;cause=128', undefined, undefined],
    ['Q.850;cause=1e1', undefined, undefined],
    ['', undefined, undefined],
    [';;;=', undefined, undefined],
    [undefined, undefined, undefined],
  ])('%s is read', (value, q850Cause, text) => {
    expect(parseReason(value)).toEqual({ q850Cause, text });
  });

  it('is read back as it was written', () => {
    const text = 'say "hi", \\ and ; more';
    expect(parseReason(formatReason({ q850Cause: 88, text }))).toEqual({ q850Cause: 88, text });
  });

  it('cannot start another header', () => {
    expect(formatReason({ q850Cause: 16, text: 'a\r\nVia: b' })).not.toMatch(/[\r\n]/);
  });
});

describe('a BYE', () => {
  it.each([
    ['network', 'Q.850;cause=17', { by: 'remote', q850Cause: 17, text: undefined }],
    ['network', 'SIP;cause=200;text="Session timer expired"', { by: 'remote', text: 'Session timer expired' }],
    ['application', 'SIP ;cause=200 ;text="ACK timeout"', { by: 'timeout', q850Cause: 102, text: 'ACK timeout' }],
    ['application', 'SIP ;cause=200 ;text="Session timer expired"', { by: 'timeout', q850Cause: 102 }],
    ['application', 'SIP ;cause=200 ;text="CANCEL after 200 OK"', { by: 'remote', q850Cause: undefined }],
  ])('of the %s with %s tells who ended the call', (source, reason, end) => {
    expect(endOfBye(source, reason)).toMatchObject(end);
  });
});
