import Type from 'typebox';

const count = (description?: string) => Type.Integer(description === undefined ? {} : { description });
const milliseconds = (description: string) => Type.Number({ description });

/** `LegStatistics` of the media protocol. */
export const statisticsSchema = Type.Object(
  {
    receive: Type.Object({
      packets: count(),
      octets: count(),
      lost: count('Expected minus received.'),
      lossRatio: Type.Number({ description: '0…1 over the whole leg.' }),
      duplicates: count(),
      reordered: count(),
      late: count(),
      jitterMs: milliseconds('Interarrival jitter (RFC 3550 §6.4.1).'),
      dropped: Type.Unsafe<Readonly<Record<string, number>>>({
        type: 'object',
        additionalProperties: { type: 'integer' },
        description: 'Datagrams dropped, by reason.',
      }),
    }),
    playout: Type.Object({
      played: count('20 ms frames.'),
      concealed: count(),
      rescued: count('Lost packets rebuilt from the redundancy of the one after them (FEC).'),
      silent: count('Frames for which nothing was there and nothing expected.'),
      dropped: count('Frames thrown away to reduce delay.'),
      accelerated: count('Times the audio was shortened by time-stretching.'),
      decelerated: count('Times the audio was lengthened.'),
      late: count('Packets that came too late to be played.'),
      decodeErrors: count(),
      resets: count(),
      depthMs: milliseconds('Audio waiting in the jitter buffer.'),
      targetMs: milliseconds('What the playout policy aims at.'),
    }),
    send: Type.Object({
      packets: count(),
      octets: count(),
      remoteLossRatio: Type.Optional(Type.Number({ description: 'Reported by the peer in RTCP.' })),
      remoteJitterMs: Type.Optional(milliseconds('Reported by the peer in RTCP.')),
      roundTripMs: Type.Optional(milliseconds('By RTCP.')),
    }),
  },
  { description: 'Counters since the leg was connected.' },
);
