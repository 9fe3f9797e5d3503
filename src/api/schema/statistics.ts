import Type from 'typebox';

const count = (description?: string) => Type.Integer(description === undefined ? {} : { description });
const milliseconds = (description: string) => Type.Number({ description });

const estimate = {
  rFactor: Type.Number({ description: 'Transmission rating R (ITU-T G.107), 0…93.2, delay counted in.' }),
  mosListening: Type.Number({ description: 'Mean opinion score of listening, 1…4.41, without delay.' }),
  mosConversational: Type.Number({ description: 'The same of conversing, with delay.' }),
};

const clusters = {
  lossRatio: Type.Number({ description: 'Packets that never came, 0…1; what redundancy rebuilt counts as received.' }),
  discardRatio: Type.Number({ description: 'Packets that came too late to be played, 0…1.' }),
  burstDensity: Type.Number({ description: 'Part lost or discarded inside bursts (RFC 3611 §4.7.2), 0…1.' }),
  gapDensity: Type.Number({ description: 'The same outside of bursts.' }),
  burstDurationMs: milliseconds('Mean length of bursts.'),
  gapDurationMs: milliseconds('Mean length of what is between them.'),
};

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
    quality: Type.Object(
      {
        receive: Type.Optional(
          Type.Object({ ...estimate, ...clusters }, { description: 'What this server hears of the leg.' }),
        ),
        send: Type.Optional(
          Type.Object(estimate, { description: 'What the leg hears, estimated from its RTCP reports.' }),
        ),
        reported: Type.Optional(
          Type.Object(
            {
              ...clusters,
              rFactor: Type.Optional(Type.Number()),
              mosListening: Type.Optional(Type.Number()),
              mosConversational: Type.Optional(Type.Number()),
              endSystemDelayMs: Type.Optional(Type.Number()),
            },
            { description: 'What the leg itself says of what it hears, in RTCP XR.' },
          ),
        ),
      },
      {
        description:
          'Speech quality between this server and the leg, estimated by the E-model on its narrowband scale; absent ' +
          'parts are not known yet.',
      },
    ),
  },
  { description: 'Counters since the leg was connected.' },
);
