import { describe, expect, it } from 'vitest';
import { PacketStore, type PlayoutPacket } from '../../../src/media/jitter/packet-store.js';

function packet(extendedSequence: number, payload: number[] = [extendedSequence & 0xff], offset = 0): PlayoutPacket {
  return {
    payloadType: 0,
    extendedSequence,
    extendedTimestamp: extendedSequence * 160,
    payload: Uint8Array.from(payload),
    offset,
    length: payload.length - offset,
    arrivalMs: 0,
  };
}

function drain(store: PacketStore): number[] {
  const sequences: number[] = [];
  for (let head = store.head(); head !== undefined; head = store.head()) {
    sequences.push(head.extendedSequence);
    store.release();
  }
  return sequences;
}

describe('PacketStore', () => {
  it('gives packets in order of sequence, however they came', () => {
    const store = new PacketStore(16);
    for (const sequence of [12, 10, 14, 11, 13]) expect(store.insert(packet(sequence))).toBe('stored');
    expect(drain(store)).toEqual([10, 11, 12, 13, 14]);
    expect(store.size).toBe(0);
  });

  it('lets an older packet come first only until the first one was taken', () => {
    const store = new PacketStore(16);
    store.insert(packet(10));
    expect(store.insert(packet(9))).toBe('stored');
    store.release();
    store.release();
    expect(store.insert(packet(8))).toBe('late');
    expect(store.insert(packet(10))).toBe('late');
    expect(store.insert(packet(11))).toBe('stored');
  });

  it('refuses what it holds already', () => {
    const store = new PacketStore(16);
    store.insert(packet(10, [1]));
    expect(store.insert(packet(10, [2]))).toBe('duplicate');
    expect(store.head()?.payload[0]).toBe(1);
    expect(store.size).toBe(1);
  });

  it('holds as many as it has slots and refuses what lies beyond, on both sides', () => {
    const store = new PacketStore(8);
    for (let sequence = 100; sequence < 108; sequence++) expect(store.insert(packet(sequence))).toBe('stored');
    expect(store.insert(packet(108))).toBe('tooFar');
    expect(store.insert(packet(99))).toBe('late');
    store.release();
    expect(store.insert(packet(108))).toBe('stored');
    expect(drain(store)).toEqual([101, 102, 103, 104, 105, 106, 107, 108]);
  });

  it('skips gaps to the oldest packet and calls what lay in them late', () => {
    const store = new PacketStore(16);
    store.insert(packet(10));
    store.release();
    store.insert(packet(14));
    expect(store.nextSequence).toBe(11);
    expect(store.head()?.extendedSequence).toBe(14);
    store.release();
    expect(store.insert(packet(12))).toBe('late');
  });

  it('copies the payload out of the datagram, from its offset', () => {
    const store = new PacketStore(4);
    const source = packet(1, [9, 9, 5, 6, 7], 2);
    store.insert(source);
    source.payload.fill(0);
    expect([...(store.head()?.payload.subarray(0, store.head()?.length) ?? [])]).toEqual([5, 6, 7]);
  });

  it('uses the slot let go of last: a steady stream needs one buffer, a longer payload another', () => {
    const store = new PacketStore(4);
    const buffers = new Set<Uint8Array>();
    const pass = (sequence: number, bytes: number) => {
      store.insert(
        packet(
          sequence,
          Array.from({ length: bytes }, () => 1),
        ),
      );
      const head = store.head();
      if (head !== undefined) buffers.add(head.payload);
      store.release();
    };
    for (let sequence = 0; sequence < 100; sequence++) pass(sequence, 160);
    expect(buffers.size).toBe(1);
    for (let sequence = 100; sequence < 200; sequence++) pass(sequence, 480);
    expect(buffers.size).toBe(2);
    for (let sequence = 200; sequence < 300; sequence++) pass(sequence, 20);
    expect(buffers.size).toBe(2);
  });

  it('notes sequence numbers that carried no audio', () => {
    const store = new PacketStore(8);
    store.insert(packet(1));
    expect(store.insertWithoutAudio(2)).toBe('stored');
    expect(store.insertWithoutAudio(2)).toBe('duplicate');
    store.release();
    expect(store.head()).toMatchObject({ audio: false, extendedSequence: 2 });
  });

  it('forgets its place when cleared', () => {
    const store = new PacketStore(8);
    store.insert(packet(5000));
    store.release();
    store.clear();
    expect(store.insert(packet(3))).toBe('stored');
    expect(drain(store)).toEqual([3]);
  });
});
