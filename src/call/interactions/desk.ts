import { asCodedError, CodedError } from '../../errors.js';
import type { CallMediaEvent } from '../../media/plane.js';
import type { CancelCause, InteractionOrder, InteractionOutcome } from '../../media/protocol.js';
import type { PromptSource } from '../../speech/port.js';
import type { Call } from '../call.js';
import { within } from '../clock.js';
import type { CallContext } from '../context.js';
import type { Leg } from '../leg.js';
import type { CallPrompt } from '../prompts/call-prompt.js';
import { type PromptFacts, reportPrompt } from '../prompts/prompted.js';
import { RecordBooks } from '../record-book.js';
import { Interaction } from './interaction.js';
import { orderOf, preparePrompts } from './prompts.js';
import { gatherRulesOf, type InteractionRequest } from './request.js';
import { type InteractionView, viewInteraction } from './view.js';

/** An interaction that was begun. */
export interface RunningInteraction {
  readonly interactionId: string;
  /**
   * Resolves exactly once with how it ended. Rejects with the prompt's CodedError when the prompt could not be had: the leg
   * then never left the mix.
   */
  readonly done: Promise<InteractionOutcome>;
  /** What is played, once it is known. */
  readonly prompt: () => PromptFacts | undefined;
}

/**
 * Takes legs out of the mix one by one, plays to them, waits for their digits: prepares the prompts while the leg is still
 * in the mix, has the media plane carry the interaction out, and keeps the record.
 *
 * A leg is in one interaction at most. A newer one takes over from the one going on at the tick it starts, so the leg is not
 * in the mix in between, and only if its prompt can be had; one whose prompt is still being prepared never starts.
 */
export class InteractionDesk {
  readonly #context: CallContext;
  readonly #prompts: PromptSource;
  readonly #books: RecordBooks<Interaction>;

  constructor(context: CallContext, prompts: PromptSource) {
    this.#context = context;
    this.#prompts = prompts;
    this.#books = new RecordBooks(context.events);
    context.mediaEvents.subscribe((event) => {
      this.#onMedia(event);
    });
  }

  /** Begins an interaction. @throws CodedError `legEnded`, `legNotConnected` (not in the call's media yet), `invalidRequest` */
  run(call: Call, leg: Leg, request: InteractionRequest): RunningInteraction {
    const interaction = this.#begin(call, leg, request);
    return { interactionId: interaction.id, done: interaction.done, prompt: () => interaction.prompt };
  }

  /** The same for edges: resolves once its prompt is ready. @throws CodedError also of the prompt */
  async start(callId: string, legId: string, request: InteractionRequest): Promise<InteractionView> {
    const call = this.#context.registry.get(callId);
    const interaction = this.#begin(call, call.leg(legId), request);
    await interaction.prepared;
    if (interaction.failure !== undefined) throw interaction.failure;
    return viewInteraction(interaction);
  }

  /** Those of a leg that can be read, newest first. @throws CodedError `callNotFound`, `legNotFound` */
  list(callId: string, legId: string): readonly InteractionView[] {
    this.#context.registry.get(callId).leg(legId);
    return ofLeg(this.#books.of(callId).all(), legId).reverse().map(viewInteraction);
  }

  /**
   * Reads an interaction.
   * @param waitMs so long for it to be over
   * @throws CodedError `callNotFound`, `legNotFound`, `interactionNotFound`
   */
  async get(callId: string, legId: string, interactionId: string, waitMs = 0): Promise<InteractionView> {
    const interaction = this.#find(callId, legId, interactionId);
    if (!interaction.over && waitMs > 0) {
      const over = interaction.done.then(
        () => undefined,
        () => undefined,
      );
      await within(this.#context.clock, waitMs, over, undefined);
    }
    return viewInteraction(interaction);
  }

  /** Cancels an interaction; nothing when it is over. @throws CodedError `callNotFound`, `legNotFound`, `interactionNotFound` */
  cancel(callId: string, legId: string, interactionId: string): void {
    const call = this.#context.registry.get(callId);
    const interaction = this.#find(callId, legId, interactionId);
    if (interaction.phase === 'preparing') this.#cancelUnstarted(call, interaction, 'api');
    else if (interaction.phase === 'active') call.media.cancelInteraction(legId, interactionId);
  }

  #begin(call: Call, leg: Leg, request: InteractionRequest): Interaction {
    if (leg.end !== undefined) throw new CodedError('legEnded');
    if (leg.joined === undefined) throw new CodedError('legNotConnected');
    const gather = gatherRulesOf(request);
    const { ids, clock } = this.#context;
    const interaction = new Interaction({
      id: ids.next('interaction'),
      callId: call.id,
      legId: leg.id,
      createdAtMs: clock.nowMs(),
      secret: request.secret ?? false,
    });
    for (const earlier of ofLeg(this.#books.of(call.id).open(), leg.id)) {
      if (earlier.phase === 'preparing') this.#cancelUnstarted(call, earlier, 'replaced');
    }
    this.#books.add(call.id, interaction);
    reportPrompt(interaction, this.#context.log);
    // What the media plane has ended is over by then: this is for what it knew nothing of, or is silent about.
    const forget = leg.beforeLeft.add(() => {
      this.#abandon(call, interaction, 'legEnded');
    });
    interaction.done.then(forget, forget);
    preparePrompts(this.#prompts, request, interaction.signal)
      .then(
        (prompts) => {
          const order = () => orderOf(interaction.id, call, prompts, request, gather);
          this.#carryOut(call, leg, interaction, prompts.prompt, order);
        },
        (thrown: unknown) => {
          this.#fail(call, interaction, asCodedError(thrown));
        },
      )
      .catch((thrown: unknown) => {
        this.#context.log.error({ err: thrown }, 'An interaction could not be started.');
      });
    return interaction;
  }

  /** The prompts are ready. */
  #carryOut(call: Call, leg: Leg, interaction: Interaction, prompt: CallPrompt, order: () => InteractionOrder): void {
    if (interaction.over) return;
    if (leg.end !== undefined) {
      this.#cancelUnstarted(call, interaction, 'legEnded');
    } else if (interaction.activate(prompt)) {
      if (interaction.beginning.secret) leg.secretDigits.begin();
      call.media.startInteraction(leg.id, order());
    }
  }

  #cancelUnstarted(call: Call, interaction: Interaction, cause: CancelCause): void {
    const { tick } = call;
    this.#finish(call, interaction, {
      interactionId: interaction.id,
      result: 'cancelled',
      digits: '',
      cancelledBy: cause,
      attempts: 0,
      playedMs: 0,
      promptCompleted: false,
      startedTick: tick,
      promptEndedTick: undefined,
      endedTick: tick,
    });
  }

  #fail(call: Call, interaction: Interaction, failure: CodedError): void {
    const { id, legId } = interaction.beginning;
    if (!interaction.fail(failure, this.#context.clock.nowMs())) return;
    const { code, detail } = failure;
    call.tell('interaction.failed', legId, { interactionId: id, code, detail });
  }

  #finish(call: Call, interaction: Interaction, told: InteractionOutcome, exactTick?: number): void {
    const { legId, secret } = interaction.beginning;
    const cancelledBy = told.cancelledBy && causeOf(call, legId, told.cancelledBy);
    if (!interaction.end({ ...told, cancelledBy }, this.#context.clock.nowMs())) return;
    const { outcome, prompt } = interaction;
    if (outcome === undefined) return;
    if (secret && prompt !== undefined) this.#endSecret(call, legId, outcome.endedTick);
    const digits = secret ? '' : outcome.digits;
    const data = { ...outcome, digits, contentHash: prompt?.contentHash };
    call.tell('interaction.ended', legId, data, exactTick);
  }

  /** What the leg presses from now on is no secret, unless a newer interaction makes it one. */
  #endSecret(call: Call, legId: string, tick: number): void {
    const others = ofLeg(this.#books.of(call.id).open(), legId);
    if (others.some(({ beginning, phase }) => beginning.secret && phase === 'active')) return;
    call.leg(legId).secretDigits.end(tick);
  }

  #onMedia(event: CallMediaEvent): void {
    const call = this.#context.registry.find(event.callId);
    if (call === undefined) return;
    const book = this.#books.of(event.callId);
    if (event.type === 'interactionStarted') {
      const interaction = book.find(event.interactionId);
      if (!interaction?.begun(event.tick, this.#context.clock.nowMs())) return;
      const data = { interactionId: event.interactionId, contentHash: interaction.prompt?.contentHash };
      call.tell('interaction.started', event.legId, data, event.tick);
    } else if (event.type === 'interactionEnded') {
      const interaction = book.find(event.outcome.interactionId);
      if (interaction !== undefined) this.#finish(call, interaction, event.outcome, event.tick);
    } else if (event.type === 'callFailed') {
      for (const interaction of book.open()) this.#abandon(call, interaction, 'mediaFailed', event.tick);
    }
  }

  /** Ends an interaction that the media plane will not end. */
  #abandon(call: Call, interaction: Interaction, cause: CancelCause, exactTick?: number): void {
    if (interaction.phase === 'preparing') {
      this.#cancelUnstarted(call, interaction, cause);
      return;
    }
    const endedTick = exactTick ?? call.tick;
    const told: InteractionOutcome = {
      interactionId: interaction.id,
      result: 'cancelled',
      digits: '',
      cancelledBy: cause,
      attempts: 1,
      playedMs: 0,
      promptCompleted: false,
      startedTick: interaction.started?.tick ?? endedTick,
      promptEndedTick: undefined,
      endedTick,
    };
    this.#finish(call, interaction, told, exactTick);
  }

  #find(callId: string, legId: string, interactionId: string): Interaction {
    const leg = this.#context.registry.get(callId).leg(legId);
    const found = this.#books.of(callId).find(interactionId);
    if (found?.beginning.legId !== leg.id) throw new CodedError('interactionNotFound');
    return found;
  }
}

function ofLeg(interactions: readonly Interaction[], legId: string | undefined): Interaction[] {
  return interactions.filter(({ beginning }) => beginning.legId === legId);
}

/** The end of a leg, as the media plane sees it, may be that of the call. */
function causeOf(call: Call, legId: string, told: CancelCause): CancelCause {
  if (told !== 'legEnded') return told;
  const reason = call.leg(legId).end?.reason;
  if (reason === 'callEnded' || reason === 'drained') return 'callEnded';
  return reason === 'mediaFailed' ? 'mediaFailed' : told;
}
