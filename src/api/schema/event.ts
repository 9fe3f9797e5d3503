import Type from 'typebox';
import { eventTypes } from '../../call/event.js';
import { closedObject, named } from './shape.js';

export const eventSchema = named(
  'Event',
  Type.Object(
    {
      specversion: Type.Literal('1.0'),
      id: Type.String({ description: '`callId:sequence`; give it as `after` to continue there.' }),
      source: Type.String({ description: '`/v1/calls/{callId}`.' }),
      type: Type.Enum([...eventTypes, 'events.gap']),
      subject: Type.Optional(Type.String({ description: '`legs/{legId}`.' })),
      time: Type.String({ format: 'date-time' }),
      datacontenttype: Type.Literal('application/json'),
      data: Type.Unsafe<object>({
        type: 'object',
        additionalProperties: true,
        description:
          'callId, legId, tick (20 ms steps since the call was opened), sequence (1, 2, 3 … within the call), and what ' +
          'the type adds. `since` of `speech.started` and `speech.stopped` is the tick at which speech really began or ' +
          'ended. `interaction.ended` has what the interaction shows when it is over; `interaction.failed` and ' +
          '`playback.failed` have the code of why there was no prompt. `levels.reported` has no sequence. `events.gap` has only `dropped`: how many events a slow ' +
          'reader missed, null when that is not known.',
      }),
    },
    { description: 'A CloudEvents 1.0 event.' },
  ),
);

/** `GET /v1/events`. */
export const eventQuerySchema = closedObject({
  callId: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Only of this call.' })),
  types: Type.Optional(
    Type.String({
      pattern: '^[a-z]+\\.([a-zA-Z]+|\\*)(,[a-z]+\\.([a-zA-Z]+|\\*)){0,31}$',
      description: 'Only these, e.g. `leg.joined,leg.left` or `leg.*`.',
    }),
  ),
  levels: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 500,
      description: 'Also `levels.reported`, at most every so many ticks of 20 ms (5 = ten times a second).',
    }),
  ),
  after: Type.Optional(
    Type.String({ maxLength: 128, description: 'Id of the last event seen: what came since is sent first.' }),
  ),
});
