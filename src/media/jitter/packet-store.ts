/**
 * Storage of the jitter buffer: packets by unwrapped sequence number, in a ring of places that slots are put into.
 *
 * It knows order and nothing else; when and whether a packet is played is the business of `playout-policy.ts`. Payloads
 * are copied in. A slot is made when more packets wait than ever before, and its buffer grows only when a longer payload
 * comes, so that a steady stream allocates nothing; the slot let go of last is used first, for it is still in the cache.
 */

/** A packet as the leg hands it in; one object may be reused for all packets. */
export interface PlayoutPacket {
  /** 0…127. */
  payloadType: number;
  /** Unwrapped sequence number (`rtp/receive-stream.ts`). */
  extendedSequence: number;
  /** Unwrapped RTP timestamp (`rtp/receive-stream.ts`). */
  extendedTimestamp: number;
  /** Bytes that hold the payload; only read during the call. */
  payload: Uint8Array;
  /** Where the payload begins in {@link PlayoutPacket.payload}. */
  offset: number;
  /** Payload bytes. */
  length: number;
  /** When the datagram was received, ms on the clock of `Playout.pull`. */
  arrivalMs: number;
}

/** What became of a packet. `tooFar`: beyond the ring, ahead of all that could be waiting. */
export type StoreVerdict = 'stored' | 'duplicate' | 'late' | 'tooFar';

/** One place of the ring. */
export interface StoredPacket {
  /** False where a packet without audio (telephone-event) used up the sequence number. */
  audio: boolean;
  extendedSequence: number;
  extendedTimestamp: number;
  payloadType: number;
  payload: Uint8Array;
  length: number;
}

/** Bytes a slot starts with: 20 ms of G.711 and a little more. */
const FIRST_SLOT_BYTES = 192;

/** Packets that wait to be played. */
export class PacketStore {
  /** By sequence number modulo capacity. */
  private readonly places: (StoredPacket | undefined)[];
  private readonly free: StoredPacket[] = [];
  private held = 0;
  /** Lowest sequence number still wanted. Until the first packet was taken, an older one may lower it. */
  private next = 0;
  /** One above the highest sequence number held. */
  private end = 0;
  private open = true;

  /** @param capacity packets between the oldest and the newest one that may wait */
  constructor(readonly capacity = 128) {
    this.places = Array.from({ length: capacity });
  }

  /** Packets waiting. */
  get size(): number {
    return this.held;
  }

  /** The sequence number that has to be played next; meaningless before the first packet. */
  get nextSequence(): number {
    return this.next;
  }

  /** Copies a packet in. */
  insert(packet: PlayoutPacket): StoreVerdict {
    const verdict = this.admit(packet.extendedSequence);
    if (verdict !== 'stored') return verdict;
    const slot = this.occupy(packet.extendedSequence);
    slot.audio = true;
    slot.extendedTimestamp = packet.extendedTimestamp;
    slot.payloadType = packet.payloadType;
    slot.length = packet.length;
    if (slot.payload.length < packet.length) slot.payload = new Uint8Array(Math.max(FIRST_SLOT_BYTES, packet.length));
    copyBytes(packet.payload, packet.offset, packet.length, slot.payload);
    return 'stored';
  }

  /** Notes that a sequence number carried no audio, so that its absence is not loss. */
  insertWithoutAudio(extendedSequence: number): StoreVerdict {
    const verdict = this.admit(extendedSequence);
    if (verdict !== 'stored') return verdict;
    const slot = this.occupy(extendedSequence);
    slot.audio = false;
    slot.length = 0;
    return 'stored';
  }

  /** Copies a packet in that says what a pause sounds like (comfort noise): it has a payload and no audio. */
  insertNoise(packet: PlayoutPacket): StoreVerdict {
    const verdict = this.insert(packet);
    const slot = this.places[this.placeOf(packet.extendedSequence)];
    if (verdict === 'stored' && slot !== undefined) slot.audio = false;
    return verdict;
  }

  /** The oldest packet waiting; its fields are good until the next {@link PacketStore.release}. */
  head(): StoredPacket | undefined {
    if (this.held === 0) return undefined;
    for (let sequence = this.next; sequence < this.end; sequence++) {
      const slot = this.places[this.placeOf(sequence)];
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  /** Lets go of the oldest packet; whatever is older than it is late from now on. */
  release(): void {
    const head = this.head();
    if (head === undefined) return;
    this.vacate(this.placeOf(head.extendedSequence));
    this.next = head.extendedSequence + 1;
    this.open = false;
  }

  /** Forgets everything, the place in the sequence included. */
  clear(): void {
    for (let place = 0; place < this.places.length; place++) this.vacate(place);
    this.open = true;
  }

  private admit(sequence: number): StoreVerdict {
    if (this.held === 0 && this.open) {
      this.next = sequence;
      this.end = sequence;
    } else if (sequence < this.next) {
      if (!this.open || this.end - sequence > this.capacity) return 'late';
      this.next = sequence;
    }
    if (sequence - this.next >= this.capacity) return 'tooFar';
    return this.places[this.placeOf(sequence)] === undefined ? 'stored' : 'duplicate';
  }

  private occupy(sequence: number): StoredPacket {
    const slot = this.free.pop() ?? emptySlot();
    this.places[this.placeOf(sequence)] = slot;
    slot.extendedSequence = sequence;
    this.held++;
    if (sequence >= this.end) this.end = sequence + 1;
    return slot;
  }

  private vacate(place: number): void {
    const slot = this.places[place];
    if (slot === undefined) return;
    this.places[place] = undefined;
    this.free.push(slot);
    this.held--;
  }

  private placeOf(sequence: number): number {
    return ((sequence % this.capacity) + this.capacity) % this.capacity;
  }
}

function emptySlot(): StoredPacket {
  return {
    audio: false,
    extendedSequence: 0,
    extendedTimestamp: 0,
    payloadType: 0,
    payload: new Uint8Array(0),
    length: 0,
  };
}

/** A loop, because `set(subarray())` allocates a view per packet. */
function copyBytes(from: Uint8Array, offset: number, length: number, to: Uint8Array): void {
  for (let index = 0; index < length; index++) to[index] = from[offset + index] ?? 0;
}
