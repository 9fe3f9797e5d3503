import { describe, expect, it } from 'vitest';
import { partyOf, partyOfUri } from '../../../src/sip/rules/party.js';

describe('A party', () => {
  it.each([
    ['"A \\"B\\" <C>" <sip:al%69ce@example.org:5070;user=phone>;tag=1', 'A "B" <C>', 'alice', 'example.org'],
    ['Bob Smith <sip:bob@[2001:db8::1]:5060>', 'Bob Smith', 'bob', '2001:db8::1'],
    ['sip:carol@host;tag=x', undefined, 'carol', 'host'],
    ['<sip:host.only>', undefined, '', 'host.only'],
    ['<sip:dave:secret@host?X=1>', undefined, 'dave', 'host'],
    ['<sip:+49;phone-context=x@host>', undefined, '+49', 'host'],
    ['<tel:+4930123;isub=1>', undefined, '+4930123', ''],
    ['<sip:bad%zz@host>', undefined, '', ''],
    ['', undefined, '', ''],
    ['"open <sip:x@y', undefined, '', ''],
  ])('%s is understood', (text, displayName, user, host) => {
    expect(partyOf(text)).toMatchObject({ displayName, user, host });
  });

  it.each([
    ['sip:a@b;x=1', 'a', 'b'],
    ['sip:+4930123;npdi@b', '+4930123', 'b'],
    ['tel:+4930123', '+4930123', ''],
    ['sip:', '', ''],
  ])('of the URI %s keeps the URI whole', (uri, user, host) => {
    expect(partyOfUri(uri)).toEqual({ displayName: undefined, uri, user, host });
  });
});
