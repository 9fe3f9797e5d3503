import { describe, expect, it } from 'vitest';
import { parseInfoDigit } from '../../../src/call/info-digits.js';

describe('digits in SIP INFO', () => {
  const relay = 'application/dtmf-relay';
  const plain = 'application/dtmf';
  const cases: [string, string, string, object | undefined][] = [
    ['dtmf-relay as Cisco writes it', relay, 'Signal=5\r\nDuration=160\r\n', { digit: '5', durationMs: 160 }],
    ['spaces around everything', relay, 'Signal= 7 \r\n Duration = 80', { digit: '7', durationMs: 80 }],
    ['bare line feeds, odd case', relay, 'signal=#\nDURATION=100', { digit: '#', durationMs: 100 }],
    ['no duration', relay, 'Signal=*', { digit: '*', durationMs: 160 }],
    ['a duration that is none', relay, 'Signal=1\r\nDuration=soon', { digit: '1', durationMs: 160 }],
    ['a duration beyond reason', relay, 'Signal=1\r\nDuration=999999', { digit: '1', durationMs: 10_000 }],
    ['star by number', relay, 'Signal=10\r\nDuration=250', { digit: '*', durationMs: 250 }],
    ['a letter in lower case', relay, 'Signal=a', { digit: 'A', durationMs: 160 }],
    ['plain dtmf', plain, '9', { digit: '9', durationMs: 160 }],
    ['plain dtmf with a line end', plain, '#\r\n', { digit: '#', durationMs: 160 }],
    ['parameters and case of the type', 'Application/DTMF; charset=utf-8', '3', { digit: '3', durationMs: 160 }],
    ['hook flash', relay, 'Signal=16\r\nDuration=100', undefined],
    ['a letter by number in plain dtmf', plain, '12', { digit: 'A', durationMs: 160 }],
    ['two digits', plain, '55', undefined],
    ['an eleven-digit signal', relay, 'Signal=12345678901', undefined],
    ['nothing', relay, '', undefined],
    ['no equals sign', relay, 'Signal 5', undefined],
    ['another type', 'application/media_control+xml', '5', undefined],
    ['a body beyond bounds', plain, `5${' '.repeat(300)}`, undefined],
    ['a name of Object', relay, 'Signal=constructor', undefined],
  ];
  it.each(cases)('reads %s', (_name, contentType, body, expected) => {
    expect(parseInfoDigit(contentType, body)).toEqual(expected);
  });
});
