import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, parseDraft } from '../../support/drachtio-server/frames.js';

describe('frames of the admin protocol', () => {
  it('are read whatever way they are cut', () => {
    const bytes = Buffer.concat([
      encodeFrame(['sip', 'txn', 'dialog'], 'INFO sip:ä SIP/2.0\r\nX: #1\r\n\r\nbody'),
      encodeFrame(['ping']),
    ]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new FrameReader();
      const frames = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))];
      expect(frames.map(({ command, tokens }) => [command, ...tokens])).toEqual([['sip', 'txn', 'dialog'], ['ping']]);
      expect(frames[0]?.content).toBe('INFO sip:ä SIP/2.0\r\nX: #1\r\n\r\nbody');
    }
  });

  it('without a length are an error', () => {
    expect(() => new FrameReader().push(Buffer.from('HTTP/1.1 400\r\nX: #'))).toThrow();
  });

  it('hold drafts of SIP messages, complete or not', () => {
    expect(parseDraft('SIP/2.0 200 OK\r\nX-A: 1:2\r\n\r\nv=0\r\n\r\nrest')).toEqual({
      startLine: 'SIP/2.0 200 OK',
      headers: [['X-A', '1:2']],
      body: 'v=0\r\n\r\nrest',
    });
    expect(parseDraft('ACK sip:x SIP/2.0')).toEqual({ startLine: 'ACK sip:x SIP/2.0', headers: [], body: '' });
  });
});
