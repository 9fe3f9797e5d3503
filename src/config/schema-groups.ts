/** The groups of the settings schema. */
import Type from 'typebox';

const closed = { additionalProperties: false, default: {} } as const;

const sipRateSchema = Type.Object(
  {
    requestsPerSecondPerIp: Type.Number({
      default: 20,
      exclusiveMinimum: 0,
      description: 'Requests per second and source address; what is above gets no answer.',
    }),
    burst: Type.Integer({ default: 40, minimum: 1, description: 'Requests a source may send at once.' }),
    newCallsPerSecond: Type.Number({
      default: 30,
      exclusiveMinimum: 0,
      description: 'New calls per second from all sources; above it INVITEs get 503 with Retry-After.',
    }),
    exemptLoopback: Type.Boolean({
      default: true,
      description: 'No limit per source address for requests from loopback addresses.',
    }),
  },
  { ...closed, description: 'Rate limits of the embedded SIP front end.' },
);

const sipTimersSchema = Type.Object(
  {
    t1Ms: Type.Integer({
      default: 500,
      minimum: 10,
      maximum: 10_000,
      description: 'RFC 3261 T1: round-trip estimate.',
    }),
    t2Ms: Type.Integer({
      default: 4000,
      minimum: 10,
      maximum: 60_000,
      description: 'RFC 3261 T2: longest retransmit interval.',
    }),
    t4Ms: Type.Integer({
      default: 5000,
      minimum: 10,
      maximum: 60_000,
      description: 'RFC 3261 T4: longest life of a message.',
    }),
  },
  { ...closed, description: 'SIP timers.' },
);

const sessionTimerSchema = Type.Object(
  {
    intervalS: Type.Integer({
      default: 1800,
      minimum: 0,
      maximum: 86_400,
      description: 'Session-Expires to ask for (RFC 4028); 0 = do not ask, but honour the peer’s.',
    }),
    minS: Type.Integer({
      default: 90,
      minimum: 90,
      maximum: 86_400,
      description: 'Smallest Session-Expires to accept (Min-SE).',
    }),
  },
  { ...closed, description: 'Session timers.' },
);

/** `sip.*` */
export const sipSchema = Type.Object(
  {
    listen: Type.Array(Type.String(), {
      default: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'],
      minItems: 1,
      maxItems: 16,
      description:
        'Where the embedded SIP front end listens, each `udp:ADDRESS:PORT` or `tcp:ADDRESS:PORT` (IPv6 in brackets). ' +
        'Not used with drachtio.',
    }),
    allow: Type.Array(Type.String(), {
      default: ['127.0.0.0/8', '::1/128'],
      description:
        'Networks (CIDR) of the trunk `default`; requests from no trunk’s network get no answer. Empty = no such trunk.',
    }),
    rate: sipRateSchema,
    timers: sipTimersSchema,
    sessionTimer: sessionTimerSchema,
  },
  { ...closed, description: 'SIP.' },
);

/** `rtp.*` */
export const rtpSchema = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'IP address to open media sockets on.' }),
    portMin: Type.Integer({
      default: 10_000,
      minimum: 1024,
      maximum: 65_534,
      description: 'First RTP port, even; each leg takes it and the next one for RTCP.',
    }),
    portMax: Type.Integer({ default: 20_000, minimum: 1025, maximum: 65_535, description: 'Last port, inclusive.' }),
    udp: Type.Union([Type.Literal('auto'), Type.Literal('native'), Type.Literal('dgram')], {
      default: 'auto',
      description:
        'How media is read and written: `native` = in batches by the addon that `npm run build` compiles where it can; ' +
        '`dgram` = by Node, at more processor time; `auto` = `native` where there is one.',
    }),
    mux: Type.Boolean({ default: true, description: 'Offer and accept RTP and RTCP on one port (RFC 5761).' }),
    comfortNoise: Type.Boolean({
      default: true,
      description:
        'Take comfort noise (RFC 3389) from peers that offer it: they may send nothing while nobody speaks, and their ' +
        'pauses sound as they say. Never sent.',
    }),
    voipMetrics: Type.Enum(['off', 'answer', 'offer'], {
      default: 'answer',
      description:
        'Quality reports in RTCP XR (RFC 3611): sent to peers whose SDP asks for them with `rtcp-xr:voip-metrics`; also ' +
        'asked for in our own offers; or never.',
    }),
    ptimeMs: Type.Integer({
      default: 20,
      minimum: 10,
      maximum: 120,
      multipleOf: 10,
      description: 'Audio per packet when the peer asks for nothing.',
    }),
    allowPrivate: Type.Boolean({
      default: true,
      description: 'Send media to private addresses (RFC 1918, RFC 6598, IPv6 unique local).',
    }),
    allowLoopback: Type.Optional(
      Type.Boolean({
        description: 'Send media to loopback addresses. Default: exactly when the announced address is one.',
      }),
    ),
  },
  { ...closed, description: 'Media sockets.' },
);

/** `opus.*` */
export const opusSchema = Type.Object(
  {
    bitrateBps: Type.Integer({
      default: 32_000,
      minimum: 6000,
      maximum: 128_000,
      description: 'Bits per second sent, unless the peer takes less (`maxaveragebitrate`).',
    }),
    complexity: Type.Integer({
      default: 5,
      minimum: 0,
      maximum: 10,
      description: 'Effort of the encoder; 9 costs 1.8 times as much processor time as 5.',
    }),
    dtx: Type.Boolean({
      default: false,
      description:
        'Send next to nothing while a leg hears silence; peers that ask for it (`usedtx`) get it in any case.',
    }),
    fec: Type.Enum(['auto', 'on', 'off'], {
      default: 'auto',
      description:
        'Redundancy for lost packets (in-band FEC), to peers that can use it: while they report loss, always, or never.',
    }),
  },
  { ...closed, description: 'Opus as it is sent; every form of it is received.' },
);

/** `http.*` */
export const httpSchema = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'IP address of the REST API; beyond loopback keys are needed.',
    }),
    port: Type.Integer({
      default: 3000,
      minimum: 0,
      maximum: 65_535,
      description: 'Port of the REST API; 0 = any free one.',
    }),
    apiKeys: Type.Array(Type.String({ minLength: 16, maxLength: 256, pattern: '^[\\x21-\\x7e]+$' }), {
      default: [],
      uniqueItems: true,
      description: 'Bearer keys of the REST API, 16 to 256 visible ASCII characters each.',
    }),
  },
  { ...closed, description: 'REST API.' },
);

/** `drachtio.*` */
export const drachtioSchema = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Host of a drachtio-server; when set it takes the place of the embedded SIP front end.',
      }),
    ),
    port: Type.Integer({ default: 9022, minimum: 1, maximum: 65_535, description: 'Its admin port.' }),
    secret: Type.Optional(Type.String({ minLength: 1, description: 'Its admin secret; needed with the host.' })),
  },
  { ...closed, description: 'drachtio-server.' },
);

/** `log.*` */
export const logSchema = Type.Object(
  {
    level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      default: 'info',
      description: 'Least severe level that is written.',
    }),
    personalData: Type.Boolean({
      default: false,
      description: 'Also write fields with digits, numbers and names of people.',
    }),
  },
  { ...closed, description: 'Log.' },
);

/** `capacity.*` */
export const capacitySchema = Type.Object(
  {
    maxCalls: Type.Integer({ default: 1000, minimum: 1, description: 'Calls at once.' }),
    maxLegs: Type.Integer({ default: 2000, minimum: 1, description: 'Legs at once.' }),
    maxLegsPerCall: Type.Integer({
      default: 200,
      minimum: 1,
      description: 'Legs of one call, unless its policy says less.',
    }),
  },
  { ...closed, description: 'Capacity; what is above is refused with 503.' },
);
