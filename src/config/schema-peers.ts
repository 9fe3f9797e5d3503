/** Trunks and routes in the settings schema; their types are `sip/trunk.ts` and `call/routing-policy.ts`. */
import Type from 'typebox';

const closed = { additionalProperties: false } as const;

/** Codecs the media plane can run today. */
export const codecSchema = Type.Enum(['PCMU', 'PCMA', 'G722', 'opus', 'L16'], { description: 'Encoding name.' });

const codecs = (description: string) =>
  Type.Optional(Type.Array(codecSchema, { minItems: 1, uniqueItems: true, description }));

const role = (description: string) =>
  Type.Optional(Type.Enum(['moderator', 'participant', 'listener'], { description }));

const credentials = {
  username: Type.String({ minLength: 1, maxLength: 256, description: 'Name.' }),
  password: Type.String({ minLength: 1, maxLength: 256, description: 'Password; never shown or logged.' }),
};
const realm = Type.String({ minLength: 1, maxLength: 256, description: 'Protection domain.' });

const inboundAuthSchema = Type.Object(
  {
    realm,
    users: Type.Array(Type.Object(credentials, closed), { minItems: 1, description: 'Who may call.' }),
  },
  { ...closed, description: 'When present, INVITEs must authenticate (digest) as one of these users.' },
);

const outboundSchema = Type.Object(
  {
    proxy: Type.String({ description: 'Next hop, e.g. `sip:10.0.0.5:5060;transport=tcp`.' }),
    fromUri: Type.String({ description: '`From` of calls made.' }),
    credentials: Type.Optional(
      Type.Object(
        { ...credentials, realm },
        { ...closed, description: 'Answers a challenge of this realm from this proxy.' },
      ),
    ),
    allowDestinations: Type.Array(Type.String(), {
      default: [],
      description: 'User parts that may be dialled: exact, `prefix*` or `*`. Default: none.',
    }),
    maxLegs: Type.Integer({ default: 10, minimum: 1, description: 'Outbound legs at once.' }),
  },
  { ...closed, description: 'How calls leave; absent = the trunk takes no outbound calls.' },
);

/** One of `trunks`. */
export const trunkSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Unique; `default` is taken.' }),
    allow: Type.Array(Type.String(), { minItems: 1, description: 'Networks (CIDR) its requests come from.' }),
    inboundAuth: Type.Optional(inboundAuthSchema),
    latching: Type.Enum(['off', 'sdp-ip', 'nat'], {
      default: 'off',
      description:
        'Which media sources are accepted: exactly the signalled address, the signalled IP with any port, or any.',
    }),
    srtp: Type.Enum(['off', 'optional', 'required'], {
      default: 'off',
      description:
        'SRTP with keys in SDP: refused; answered in kind, while our own offers leave the choice (RFC 8643); or plain RTP refused.',
    }),
    digits: Type.Enum(['auto', 'rfc4733', 'info', 'in-band'], {
      default: 'auto',
      description:
        'How digits asked for by the API are sent: as telephone-events if the peer takes them, else as tones; as ' +
        'telephone-events or not at all; by SIP INFO; as tones.',
    }),
    codecs: codecs('In order of preference; default: the server’s.'),
    role: role('What its legs are in their calls. Default `participant`.'),
    outbound: Type.Optional(outboundSchema),
  },
  closed,
);

/** One of `routes`. */
export const routeSchema = Type.Object(
  {
    trunk: Type.Optional(Type.String({ description: 'Only for INVITEs of this trunk.' })),
    number: Type.String({ description: 'Dialled user part: exact, `prefix*` or `*`.' }),
    call: Type.Optional(
      Type.String({
        pattern: '^([A-Za-z0-9_.+-]|\\{user\\}){1,64}$',
        description: 'Name of the call to join; `{user}` stands for the dialled user part. Default `{user}`.',
      }),
    ),
    maxLegs: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Greatest number of legs of a call made by this route.' }),
    ),
    codecs: codecs('In order of preference, for legs that come this way.'),
    muted: Type.Optional(Type.Boolean({ description: 'Legs that come this way are muted at first.' })),
    role: role('What legs are that come this way. Default: the trunk’s.'),
    policy: Type.Optional(Type.String({ description: 'Name of one of `policies`, for calls this route creates.' })),
    refuse: Type.Optional(Type.Enum([403, 404, 480, 486, 603], { description: 'Refuse with this SIP status.' })),
  },
  closed,
);
