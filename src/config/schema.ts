/**
 * Every setting, its default and what it is for. One schema checks the config file, gives the defaults, types
 * {@link Settings} and documents the keys (`config/README.md` is written from it).
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import {
  capacitySchema,
  drachtioSchema,
  httpSchema,
  logSchema,
  opusSchema,
  rtpSchema,
  sipSchema,
} from './schema-groups.js';
import { codecSchema, routeSchema, trunkSchema } from './schema-peers.js';
import { policySchema } from './schema-policies.js';
import { promptsSchema, speechSchema } from './schema-prompts.js';
import { recordingsSchema } from './schema-recordings.js';

/** The config file, and what all sources together amount to before addresses are read. */
export const settingsSchema = Type.Object(
  {
    externalIp: Type.Optional(
      Type.String({
        description:
          'IP address peers reach this server at, announced in SDP and Contact; needed when listening on 0.0.0.0 or ::, ' +
          'or behind NAT. Default: the address listened on.',
      }),
    ),
    sip: sipSchema,
    rtp: rtpSchema,
    http: httpSchema,
    drachtio: drachtioSchema,
    log: logSchema,
    mediaWorkers: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 256,
        description: 'Media worker threads; each call lives on one. Default: processor cores − 1, at least 1.',
      }),
    ),
    dataDir: Type.String({
      default: './data',
      minLength: 1,
      description: 'Directory for what the server writes.',
    }),
    recordings: recordingsSchema,
    prompts: promptsSchema,
    speech: speechSchema,
    codecs: Type.Array(codecSchema, {
      default: ['PCMU', 'PCMA'],
      minItems: 1,
      uniqueItems: true,
      description: 'Codecs in order of preference, unless trunk, route or call say otherwise.',
    }),
    opus: opusSchema,
    capacity: capacitySchema,
    rtpTimeoutMs: Type.Integer({
      default: 60_000,
      minimum: 0,
      description: 'End a leg when no RTP came for this long while it should; 0 = never.',
    }),
    rtpHoldTimeoutMs: Type.Integer({
      default: 3_600_000,
      minimum: 0,
      description: 'The same while media is on hold; 0 = never.',
    }),
    denoise: Type.Enum(['on', 'off', 'auto'], {
      default: 'off',
      description:
        'Take noise out of what others hear of a leg, unless the API says otherwise for it: `on` and `off` whatever comes, ' +
        '`auto` for G.711 and G.722 legs that are noisy; `auto` also makes legs nobody can hear exactly silent.',
    }),
    drainTimeoutMs: Type.Integer({
      default: 30_000,
      minimum: 0,
      maximum: 86_400_000,
      description: 'After SIGTERM calls may go on for this long before they are ended.',
    }),
    trunks: Type.Array(trunkSchema, {
      default: [],
      maxItems: 1000,
      description:
        'SIP peers; the first whose addresses fit admits a request. After them comes the trunk `default`, made of ' +
        '`sip.allow`.',
    }),
    policies: Type.Array(policySchema, {
      default: [],
      maxItems: 1000,
      description: 'How calls treat their legs; a route names the one for calls it creates.',
    }),
    routes: Type.Array(routeSchema, {
      default: [{ number: '*' }],
      maxItems: 10_000,
      description: 'Which call an INVITE joins; the first row that fits decides, none = 404.',
    }),
  },
  { additionalProperties: false },
);

/** All settings as written, defaults filled in. */
export type Settings = Static<typeof settingsSchema>;
