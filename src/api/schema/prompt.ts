import Type from 'typebox';
import { promptNamePattern } from '../../speech/port.js';
import { closedObject } from './shape.js';

/** No control characters: it may come back in a problem or a log line. */
const printable = '^[^\\u0000-\\u001f\\u007f]+$';

const fileItem = closedObject(
  {
    type: Type.Literal('file'),
    name: Type.String({
      maxLength: 255,
      pattern: promptNamePattern,
      description:
        'Path of an audio file within the prompt directory: letters, digits, `_`, `-`, `.`, and `/` between.',
      examples: ['welcome.wav'],
    }),
  },
  { title: 'A file of the prompt directory' },
);

const assetItem = closedObject(
  {
    type: Type.Literal('asset'),
    assetId: Type.String({ minLength: 1, maxLength: 64, description: 'What `POST /v1/assets` gave as `id`.' }),
  },
  { title: 'An uploaded asset' },
);

const urlItem = closedObject(
  {
    type: Type.Literal('url'),
    url: Type.String({
      minLength: 8,
      maxLength: 2_048,
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s\\u0000-\\u001f\\u007f]+$',
      description: 'Address of an audio file. By default only HTTPS, and only public addresses; it is cached.',
    }),
  },
  { title: 'Audio from the web' },
);

const speechItem = closedObject(
  {
    type: Type.Literal('speech'),
    text: Type.String({
      minLength: 1,
      maxLength: 5_000,
      description: 'What a synthesizer is to say.',
      examples: ['Press 1 to join the call, or 2 to leave.'],
    }),
    voice: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        pattern: printable,
        description: 'As its synthesizer names it. Default: the configured one.',
      }),
    ),
    language: Type.Optional(
      Type.String({
        maxLength: 80,
        pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$',
        description: 'BCP 47. Default: the configured one.',
        examples: ['en-GB'],
      }),
    ),
  },
  { title: 'Text to be spoken' },
);

const toneItem = closedObject(
  {
    type: Type.Literal('tone'),
    frequenciesHz: Type.Array(Type.Number({ minimum: 20, maximum: 20_000 }), {
      minItems: 1,
      maxItems: 4,
      description: 'Sines of equal level.',
      examples: [[440]],
    }),
    levelDbov: Type.Optional(
      Type.Number({
        minimum: -96,
        maximum: -3,
        description: 'RMS of all of them together; the more there are, the less before peaks are cut. Default −20.',
      }),
    ),
    cadenceMs: Type.Array(Type.Integer({ minimum: 0, maximum: 60_000 }), {
      minItems: 1,
      maxItems: 64,
      description: 'Milliseconds on, off, on, off …, once.',
      examples: [[250, 250]],
    }),
  },
  { title: 'A tone' },
);

const silenceItem = closedObject(
  { type: Type.Literal('silence'), durationMs: Type.Integer({ minimum: 1, maximum: 60_000 }) },
  { title: 'Silence' },
);

/** Items of a prompt, played one after the other without a gap. */
export function promptSchema(description: string) {
  return Type.Array(Type.Union([fileItem, assetItem, urlItem, speechItem, toneItem, silenceItem]), {
    minItems: 1,
    maxItems: 32,
    description,
  });
}

/** How a prompt is played. */
export const volumeDb = Type.Number({ minimum: -60, maximum: 24, description: 'Gain on what is played. Default 0.' });
export const startOffsetMs = Type.Integer({
  minimum: 0,
  maximum: 3_600_000,
  description: 'Where the prompt begins the first time. Default 0.',
});

/** What was played, in responses. */
export const playedPromptSchema = Type.Object({
  contentHash: Type.String({ description: 'SHA-256 of what it is made of: the same words, the same hash.' }),
  wording: Type.Optional(Type.String({ description: 'The words, as far as they are known as text.' })),
});

/** Why a prompt could not be had, in responses. */
export const promptFailureSchema = Type.Object({
  code: Type.String({ description: 'E.g. `promptNotFound`, `promptRefused`, `promptFetchFailed`, `synthesisFailed`.' }),
  detail: Type.String(),
});
