/** Directions of a stream (RFC 3264 §5.1, §6.1). */
import type { MediaDirection } from '../../media/protocol.js';

/** The same direction seen from the other side. */
export function reverseDirection(direction: MediaDirection): MediaDirection {
  if (direction === 'sendonly') return 'recvonly';
  if (direction === 'recvonly') return 'sendonly';
  return direction;
}

/** What both allow, both seen from the same side. */
export function commonDirection(a: MediaDirection, b: MediaDirection): MediaDirection {
  return directionOf(sends(a) && sends(b), receives(a) && receives(b));
}

/** Without sending: what is left when the peer gave no address to send to. */
export function withoutSending(direction: MediaDirection): MediaDirection {
  return directionOf(false, receives(direction));
}

function sends(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

function receives(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

function directionOf(send: boolean, receive: boolean): MediaDirection {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}
