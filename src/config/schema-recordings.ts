/** Recordings in the settings schema. */
import Type from 'typebox';

/** `recordings.*`; the files lie in `recordings/` below `dataDir`. */
export const recordingsSchema = Type.Object(
  {
    minFreeMb: Type.Integer({
      default: 256,
      minimum: 0,
      maximum: 1_000_000,
      description: 'With less room than this left on the disk, MB, no recording begins.',
    }),
    bufferS: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 60,
      description: 'How long a disk may stand still before anything is lost, seconds.',
    }),
    bufferMb: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1024,
      description:
        'Most memory that takes per recording, MB. One leg that speaks fills 0.2 MB per second, one that is silent next to ' +
        'nothing.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Recordings.' },
);
