import type { Interaction } from './interaction.js';

/** Interactions of a call that are over stay readable until this many newer ones are over too. */
const maxOver = 256;

/** All interactions of one call that can be read. */
export class InteractionBook {
  /** In the order of their creation. */
  readonly #byId = new Map<string, Interaction>();

  add(interaction: Interaction): void {
    this.#byId.set(interaction.beginning.id, interaction);
    let over = 0;
    for (const known of this.#byId.values()) if (known.over) over += 1;
    for (const [id, known] of this.#byId) {
      if (over <= maxOver) break;
      if (!known.over) continue;
      this.#byId.delete(id);
      over -= 1;
    }
  }

  find(interactionId: string): Interaction | undefined {
    return this.#byId.get(interactionId);
  }

  /** Those of a leg, newest first. */
  ofLeg(legId: string): readonly Interaction[] {
    return [...this.#byId.values()].filter(({ beginning }) => beginning.legId === legId).reverse();
  }

  /** Those that are not over, of a leg or of all. */
  open(legId?: string): readonly Interaction[] {
    return [...this.#byId.values()].filter(
      ({ beginning, over }) => !over && (legId === undefined || beginning.legId === legId),
    );
  }
}
