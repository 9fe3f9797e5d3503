/** Two telephones that talk while elsewhere something goes wrong, and must not notice. */
import { ENOUGH_PACKETS, expectUndisturbed, type Heard, listen, packetsCome } from './hearing.js';
import type { LivePhone } from './live-phone.js';
import type { LiveServer } from './live-server.js';

/** What happened last has its effect by then. */
const PACKETS_AFTERWARDS = 30;

/** The two. */
export class Bystanders {
  #ears: (() => Heard)[];
  /** Packets that had come when listening began. */
  #packets = 0;

  private constructor(
    readonly room: string,
    readonly one: LivePhone,
    readonly other: LivePhone,
  ) {
    this.#ears = this.#listen();
  }

  static async gather(server: LiveServer, room = 'bystanders'): Promise<Bystanders> {
    const [one, other] = await server.gather(room, 2);
    if (!one || !other) throw new Error('Nobody came.');
    return new Bystanders(room, one, other);
  }

  /** Fails when either lost anything since this was asked before, up to a second from now. */
  async verify(): Promise<void> {
    const judged = this.one.ear.verdict().packets - this.#packets;
    await packetsCome(this.one, Math.max(PACKETS_AFTERWARDS, ENOUGH_PACKETS - judged));
    const heard = this.#ears.map((end) => end());
    this.#ears = this.#listen();
    for (const one of heard) expectUndisturbed(one);
  }

  #listen(): (() => Heard)[] {
    this.#packets = this.one.ear.verdict().packets;
    return [listen(this.one, this.other), listen(this.other, this.one)];
  }
}
