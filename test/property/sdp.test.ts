import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodingName, LegMedia } from '../../src/media/protocol.js';
import { answerOffer } from '../../src/sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../../src/sip/sdp/offer.js';
import type { LocalMedia, Session } from '../../src/sip/sdp/session.js';
import { faultsOf } from '../unit/sdp/rfc3264.js';

const encodings: EncodingName[] = ['PCMU', 'PCMA', 'G722', 'opus', 'L16'];
const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
const names = ['PCMU/8000', 'PCMA/8000', 'G722/8000', 'opus/48000/2', 'L16/16000', 'L16/48000', 'G729/8000'];
const events = ['telephone-event/8000', 'telephone-event/48000', 'telephone-event/16000'];

const dynamicFormats = fc
  .uniqueArray(fc.integer({ min: 96, max: 127 }), { maxLength: 6 })
  .chain((numbers) => fc.tuple(...numbers.map((n) => fc.tuple(fc.constant(n), fc.constantFrom(...names, ...events)))));

const section = fc
  .record({
    media: fc.constantFrom('audio', 'audio', 'audio', 'video', 'image', 'application'),
    port: fc.constantFrom(0, 4000, 4002, 65_534),
    protocol: fc.constantFrom('RTP/AVP', 'RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'udptl'),
    statics: fc.subarray([0, 3, 8, 9, 18]),
    dynamics: dynamicFormats,
    direction: fc.option(fc.constantFrom(...directions)),
    ptime: fc.option(fc.integer({ min: 0, max: 200 })),
    mux: fc.boolean(),
    address: fc.option(fc.constantFrom('192.0.2.1', '0.0.0.0', '224.0.0.1')),
  })
  .map(({ media, port, protocol, statics, dynamics, direction, ptime, mux, address }) => {
    const formats = [...dynamics.map(([number]) => number), ...statics];
    return [
      `m=${media} ${port} ${protocol} ${formats.length === 0 ? '13' : formats.join(' ')}`,
      ...(address === null ? [] : [`c=IN IP4 ${address}`]),
      ...dynamics.map(([number, name]) => `a=rtpmap:${number} ${name}`),
      ...(direction === null ? [] : [`a=${direction}`]),
      ...(ptime === null ? [] : [`a=ptime:${ptime}`]),
      ...(mux ? ['a=rtcp-mux'] : []),
    ];
  });

const offers = fc
  .record({ sections: fc.array(section, { maxLength: 4 }), direction: fc.option(fc.constantFrom(...directions)) })
  .map(({ sections, direction }) => {
    const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'];
    const lines = [...head, ...(direction === null ? [] : [`a=${direction}`]), ...sections.flat()];
    return `${lines.join('\r\n')}\r\n`;
  });

function locals(address: string, rtpPort: number): fc.Arbitrary<LocalMedia> {
  return fc.record({
    address: fc.constant(address),
    rtpPort: fc.constant(rtpPort),
    rtcpPort: fc.constantFrom(rtpPort + 1, rtpPort + 501),
    codecs: fc.shuffledSubarray(encodings, { minLength: 1 }).map((chosen) => chosen.map((encoding) => ({ encoding }))),
    codecOrder: fc.constantFrom('local' as const, 'offer' as const),
    ptimeMs: fc.constantFrom(10, 20, 30, 60),
    direction: fc.constantFrom(...directions),
    rtcpMux: fc.boolean(),
    sessionId: fc.constant('99'),
    sessionVersion: fc.nat(1000),
  });
}

const ours = locals('198.51.100.1', 10_000);
const theirs = locals('203.0.113.1', 20_000);

function versionOf(sdp: string): number {
  return Number(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1]);
}

function numbersOf(formats: LegMedia['receive']): string[] {
  return formats.map(({ payloadType, encoding, clockRateHz }) => `${payloadType} ${encoding}/${clockRateHz}`).sort();
}

describe('any offer', () => {
  it('is refused or gets an answer that RFC 3264 allows', () => {
    let accepted = 0;
    fc.assert(
      fc.property(offers, ours, (offer, local) => {
        const outcome = answerOffer({ offer, local });
        if (!outcome.ok) return;
        accepted++;
        expect(faultsOf(offer, outcome.answer)).toEqual([]);
        expect(outcome.media.receive[0]).toMatchObject({ encoding: outcome.media.send.encoding });
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(120);
  });

  it('gets the most preferred codec both sides know', () => {
    fc.assert(
      fc.property(offers, ours, (offer, local) => {
        const outcome = answerOffer({ offer, local: { ...local, codecOrder: 'local' } });
        if (!outcome.ok || outcome.media.remote === undefined) return;
        const rank = (encoding: string) => local.codecs.findIndex((codec) => codec.encoding === encoding);
        const ranks = outcome.media.receive.map(({ encoding }) => rank(encoding));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        expect(outcome.media.send.encoding).toBe(outcome.media.receive[0]?.encoding);
      }),
      { numRuns: 500 },
    );
  });

  it('repeated gets the very same answer, and any sequence of offers never repeats a version with another text', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(offers, ours), { maxLength: 6 }), (exchanges) => {
        let session: Session | undefined;
        const texts = new Map<number, string>();
        for (const [offer, local] of exchanges) {
          const outcome = answerOffer({ offer, local, previous: session });
          if (!outcome.ok) continue;
          session = outcome.session;
          const version = versionOf(outcome.answer);
          expect(texts.get(version) ?? outcome.answer).toBe(outcome.answer);
          texts.set(version, outcome.answer);
          const repeated = answerOffer({ offer, local, previous: session });
          expect(repeated.ok && repeated.answer).toBe(outcome.answer);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('two of us', () => {
  /** One exchange; undefined when they have no codec in common. */
  function exchange(caller: LocalMedia, callee: LocalMedia, previous?: readonly [Session, Session]) {
    const { offer, session } = createOffer({ local: caller, previous: previous?.[0] });
    const answer = answerOffer({ offer, local: callee, previous: previous?.[1] });
    if (!answer.ok) {
      expect(answer.code).toBe('noCommonCodec');
      return undefined;
    }
    expect(faultsOf(offer, answer.answer)).toEqual([]);
    const applied = applyAnswer({ answer: answer.answer, session, local: caller });
    if (!applied.ok) throw new Error(applied.detail);
    return { caller: applied, callee: answer };
  }

  it('always agree on codec, numbers, packet time, direction, ports and mux', () => {
    fc.assert(
      fc.property(ours, theirs, (caller, callee) => {
        const both = exchange(caller, callee);
        if (both === undefined) return;
        const [a, b] = [both.caller.media, both.callee.media];
        expect(numbersOf(a.receive)).toEqual(numbersOf(b.receive));
        expect(numbersOf([a.send])).toEqual(numbersOf([b.send]));
        expect([a.sendPtimeMs, a.rtcpMux]).toEqual([b.sendPtimeMs, b.rtcpMux]);
        expect(a.receiveTelephoneEvents).toHaveLength(b.receiveTelephoneEvents.length);
        const seenByOther = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };
        expect(a.direction).toBe(seenByOther[b.direction]);
        const rtcp = (local: LocalMedia) => (a.rtcpMux ? local.rtpPort : local.rtcpPort);
        expect(a.remote).toEqual({ address: callee.address, rtpPort: 20_000, rtcpPort: rtcp(callee) });
        expect(b.remote).toEqual({ address: caller.address, rtpPort: 10_000, rtcpPort: rtcp(caller) });
      }),
      { numRuns: 500 },
    );
  });

  it('keep every payload type number for its format however codecs come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ours, theirs, fc.boolean()), { minLength: 2, maxLength: 6 }), (steps) => {
        let sessions: readonly [Session, Session] | undefined;
        const meanings = new Map<number, string>();
        for (const [a, b, turned] of steps) {
          const flipped: readonly [Session, Session] | undefined = sessions && [sessions[1], sessions[0]];
          const both = turned ? exchange(b, a, flipped) : exchange(a, b, sessions);
          if (both === undefined) continue;
          const next = [both.caller.session, both.callee.session] as const;
          sessions = turned ? [next[1], next[0]] : next;
          for (const format of both.callee.media.receive) {
            const meaning = `${format.encoding}/${format.clockRateHz}`;
            expect(meanings.get(format.payloadType) ?? meaning).toBe(meaning);
            meanings.set(format.payloadType, meaning);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
