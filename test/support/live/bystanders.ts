/** Two telephones that talk while elsewhere something goes wrong, and must not notice. */
import { expectUndisturbed, type Heard, listen, packetsCome } from './hearing.js';
import type { LivePhone } from './live-phone.js';
import type { LiveServer } from './live-server.js';

/** Long enough to judge what was heard. */
const PACKETS_AFTERWARDS = 30;

/** The two. */
export class Bystanders {
  #ears: (() => Heard)[];

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

  /** Fails when either lost anything since this was asked before, up to half a second from now. */
  async verify(): Promise<void> {
    await packetsCome(this.one, PACKETS_AFTERWARDS);
    const heard = this.#ears.map((end) => end());
    this.#ears = this.#listen();
    for (const one of heard) expectUndisturbed(one);
  }

  #listen(): (() => Heard)[] {
    return [listen(this.one, this.other), listen(this.other, this.one)];
  }
}
