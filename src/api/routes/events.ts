import type { WebSocket } from '@fastify/websocket';
import type { Static } from 'typebox';
import { CodedError } from '../../errors.js';
import type { EventSink } from '../../events/subscriber.js';
import { sendProblem } from '../problem.js';
import { eventQuerySchema, eventSchema } from '../schema/event.js';
import { problems } from '../schema/problem.js';
import type { Api, RouteContext } from './context.js';

const pingEveryMs = 30_000;
/** WebSocket close code for "the server met a condition it cannot fulfil the request in" (RFC 6455 §7.4.1). */
const serverError = 1011;

/** `/v1/events`: what happens in calls, over WebSocket. */
export function eventRoutes(api: Api, { service, broadcaster }: RouteContext): void {
  api.route({
    method: 'GET',
    url: '/v1/events',
    schema: {
      operationId: 'streamEvents',
      summary: 'Receive events over WebSocket',
      description:
        'Each text message is one CloudEvents 1.0 event (schema `Event`). Whoever reads too slowly misses the oldest ' +
        'events, is told by `events.gap`, and in the end is closed with code 1013.',
      tags: ['events'],
      querystring: eventQuerySchema,
      response: {
        101: { description: `Switching to WebSocket; messages are \`${eventSchema.$id}\`.`, type: 'null' },
        ...problems(404, 426, 503),
      },
    },
    // Refusals have to come before the upgrade, as answers to a request.
    preHandler: (request, _reply, done) => {
      if (request.ws) {
        const { callId, levels } = request.query;
        broadcaster.assertRoom();
        if (callId !== undefined && levels !== undefined) service.getCall(callId);
      }
      done();
    },
    handler: (_request, reply) => {
      void reply.header('upgrade', 'websocket');
      sendProblem(reply, new CodedError('invalidRequest', 'This address speaks WebSocket only.'), {
        status: 426,
      });
    },
    wsHandler: (socket, request) => {
      feed(socket, request.query, broadcaster);
    },
  });
}

function feed(
  socket: WebSocket,
  query: Static<typeof eventQuerySchema>,
  broadcaster: RouteContext['broadcaster'],
): void {
  let end: () => void;
  try {
    end = broadcaster.add(sinkOf(socket), {
      callId: query.callId,
      types: query.types?.split(','),
      levelsEveryTicks: query.levels,
      after: query.after,
    });
  } catch {
    socket.close(serverError, 'cannot subscribe');
    return;
  }
  const stopPings = keepAlive(socket);
  socket.once('close', () => {
    stopPings();
    end();
  });
}

function sinkOf(socket: WebSocket): EventSink {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(text, onDone) {
      socket.send(text, onDone);
    },
    close(code, reason) {
      socket.close(code, reason);
    },
  };
}

/** Pings, and cuts a peer that did not answer the ping before: nothing else tells that it is gone. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, pingEveryMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
