/** Prompts and speech in the settings schema; their types are `speech/settings.ts`. */
import Type from 'typebox';

const closed = { additionalProperties: false, default: {} } as const;

const urlSchema = Type.Object(
  {
    allowHttp: Type.Boolean({ default: false, description: 'Take prompts from `http:` URLs too, not only `https:`.' }),
    allowHosts: Type.Array(
      Type.String({ pattern: '^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$|^\\[[0-9A-Fa-f:.]+\\]$' }),
      {
        default: [],
        uniqueItems: true,
        maxItems: 1000,
        description: 'Hosts that prompts may come from: exact, or `*.domain`. Empty = any of the public Internet.',
      },
    ),
    allowNetworks: Type.Array(Type.String(), {
      default: [],
      maxItems: 1000,
      description:
        'Networks (CIDR) that are not public (private, loopback, this machine’s own addresses) and that prompts may come ' +
        'from all the same.',
    }),
  },
  { ...closed, description: 'Prompts from URLs.' },
);

/** `prompts.*` */
export const promptsSchema = Type.Object(
  {
    dir: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Directory of prompt files; nothing outside of it is read. Default: `prompts` in the data directory.',
      }),
    ),
    maxSeconds: Type.Integer({ default: 600, minimum: 1, maximum: 7200, description: 'Longest prompt.' }),
    maxFileMb: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1000,
      description: 'Largest file of the prompt directory, MB; what is uploaded or comes from a URL may have 20 MB.',
    }),
    cacheMb: Type.Integer({
      default: 128,
      minimum: 0,
      description: 'Decoded prompts kept in memory, MB; a minute takes 6.',
    }),
    assetsMb: Type.Integer({
      default: 1000,
      minimum: 0,
      description: 'Uploaded assets kept on disk, MB, in `assets` in the data directory.',
    }),
    url: urlSchema,
  },
  { ...closed, description: 'Prompts.' },
);

const httpSynthesizerSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Where sentences are POSTed to as JSON; it answers with an audio file.',
      }),
    ),
    authorization: Type.Optional(
      Type.String({
        pattern: '^[\\x20-\\x7e]{1,4096}$',
        description: 'Value of its `Authorization` header, e.g. `Bearer …`; never shown or logged.',
      }),
    ),
    headers: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }),
      Type.String({ pattern: '^[\\x20-\\x7e]{0,4096}$' }),
      {
        default: {},
        description: 'More header fields of the request; values are never shown or logged.',
      },
    ),
    body: Type.Record(Type.String(), Type.Unknown(), {
      default: { text: '{text}', voice: '{voice}', language: '{language}' },
      description:
        'The JSON: `{text}`, `{voice}` and `{language}` are replaced wherever they stand in strings; a member that is ' +
        '`{voice}` alone is left out when no voice is chosen.',
    }),
    timeoutMs: Type.Integer({
      default: 10_000,
      minimum: 100,
      maximum: 60_000,
      description: 'A sentence that takes longer has failed.',
    }),
  },
  { ...closed, description: 'An HTTP service that speaks.' },
);

/** `speech.*` */
export const speechSchema = Type.Object(
  {
    synthesizer: Type.Enum(['espeak-ng', 'http', 'none'], {
      default: 'espeak-ng',
      description:
        'What speaks prompts that are text: the program `espeak-ng`, if it is installed; a service given by `speech.http`; ' +
        'or nothing.',
    }),
    voice: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9 ._:+()/-]{0,127}$',
        description: 'Voice, as the synthesizer names it, where a prompt names neither voice nor language.',
      }),
    ),
    language: Type.String({
      default: 'en',
      pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$',
      description: 'Language (BCP 47) where a prompt names none.',
    }),
    cacheMb: Type.Integer({
      default: 250,
      minimum: 0,
      description: 'Synthesized sentences kept on disk, MB, in `speech-cache` in the data directory; 0 = none.',
    }),
    http: httpSynthesizerSchema,
  },
  { ...closed, description: 'Text to speech.' },
);
