/** A foreign telephone on a tapped line. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ChildProgram } from './child-program.js';
import type { LineTap } from './line-tap.js';
import type { Law, Chord } from './chord.js';

/** What a peer is to do: dial `room` over its tapped line and play its chord until told otherwise. */
export interface PeerPlan {
  /** Its user name, and the name of its files. */
  readonly name: string;
  readonly room: string;
  readonly law: Law;
  readonly voice: Chord;
  readonly tap: LineTap;
  /** An empty folder of its own. */
  readonly home: string;
}

/** One that was started. */
export interface Peer {
  readonly program: ChildProgram;
}

/** One that talks until the server hangs up. */
export interface PatientPeer extends Peer {
  /** Waits until the program has noticed that the server ended the call, and is gone. @throws Error when it does not */
  goneAfterBye(): Promise<void>;
}

/** One with a key to hang up. */
export interface HangingUpPeer extends PatientPeer {
  /** Ends the call from the peer's side and waits until the program is gone. */
  hangUp(): Promise<void>;
}

/** A port nobody has at the moment, even as RTP wants it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    if (port % 2 === 0) return port;
  }
}
