import { describe, expect, it } from 'vitest';
import {
  agreedSessionTimer,
  answerSessionTimer,
  requestedSessionExpires,
  sessionDeadlines,
  type SessionTimerFields,
} from '../../../src/sip/rules/session-timer.js';
import { PeerDialog, peerSdp, type RequestParts } from '../../support/sip-peer.js';
import { ScriptedGateway } from '../../support/scripted-gateway.js';
import { Owner, ourSdp } from '../../scenario/gateway-contract/stage.js';
import type { SipDialog } from '../../../src/sip/gateway.js';

const settings = { intervalS: 1800, minS: 90 };

function fields(sessionExpires?: string, options: Partial<SessionTimerFields> = {}): SessionTimerFields {
  return { supported: true, sessionExpires, minSe: undefined, ...options };
}

describe('the answer to a session timer (RFC 4028 §9)', () => {
  const remote = (intervalS: number): object => ({
    kind: 'agreed',
    timer: { intervalS, refresher: 'remote' },
    sessionExpires: `${intervalS};refresher=uac`,
    require: true,
  });
  const local = (intervalS: number): object => ({
    kind: 'agreed',
    timer: { intervalS, refresher: 'local' },
    sessionExpires: `${intervalS};refresher=uas`,
    require: false,
  });

  it.each([
    ['the refresher it names', fields('600;refresher=uac'), remote(600)],
    ['us, when it says so', fields('600;refresher=uas'), local(600)],
    ['the peer, when it names none', fields('600'), remote(600)],
    ['no more than we want', fields('9000'), remote(1800)],
    ['no less than its Min-SE', fields('9000', { minSe: '4000' }), remote(4000)],
    ['422 below our minimum', fields('60'), { kind: 'refused', refusal: { status: 422, headers: { 'Min-SE': '90' } } }],
    ['our minimum when a proxy asked for less', fields('60', { supported: false }), local(90)],
    ['us, when a proxy asked and the peer knows no timers', fields('600', { supported: false }), local(600)],
    ['our wish when it only knows timers', fields(undefined), local(1800)],
    ['no less than Min-SE then either', fields(undefined, { minSe: '3600' }), local(3600)],
    ['nothing when nobody asks', fields(undefined, { supported: false }), { kind: 'none' }],
    ['nothing for what is malformed', fields('soon', { supported: false }), { kind: 'none' }],
    ['nothing for zero', fields('0', { supported: false }), { kind: 'none' }],
    ['nothing for a number beyond sense', fields('99999999999', { supported: false }), { kind: 'none' }],
  ])('is %s', (_, asked, expected) => {
    expect(answerSessionTimer(asked, settings)).toEqual(expected);
  });

  it('asks for nothing itself when the interval is 0, but honours the peer', () => {
    const quiet = { intervalS: 0, minS: 90 };
    expect(answerSessionTimer(fields(undefined), quiet)).toEqual({ kind: 'none' });
    expect(answerSessionTimer(fields('7200'), quiet)).toEqual(remote(7200));
  });
});

describe('the session timer of a call we make (RFC 4028 §7)', () => {
  it.each([
    ['1200;refresher=uac', { intervalS: 1200, refresher: 'local' }],
    ['1200;refresher=uas', { intervalS: 1200, refresher: 'remote' }],
    ['1200 ; refresher = UAS', { intervalS: 1200, refresher: 'remote' }],
    ['1200', { intervalS: 1200, refresher: 'local' }],
    [undefined, undefined],
  ])('is what the 2xx says: %s', (sessionExpires, expected) => {
    expect(agreedSessionTimer(fields(sessionExpires))).toEqual(expected);
  });

  it('is asked for with our interval, raised by a 422, and keeps its refresher later', () => {
    expect(requestedSessionExpires(settings, undefined, 0)).toBe('1800');
    expect(requestedSessionExpires(settings, undefined, 2400)).toBe('2400');
    expect(requestedSessionExpires(settings, { intervalS: 600, refresher: 'local' }, 0)).toBe('600;refresher=uac');
    expect(requestedSessionExpires(settings, { intervalS: 600, refresher: 'remote' }, 0)).toBe('600;refresher=uas');
    expect(requestedSessionExpires({ intervalS: 0, minS: 90 }, undefined, 0)).toBeUndefined();
  });
});

describe('the deadlines of a session timer (RFC 4028 §10)', () => {
  it('are half of the interval for the refresher, and the end less a third or 32 s for both', () => {
    expect(sessionDeadlines({ intervalS: 1800, refresher: 'local' }, 1000)).toEqual({
      refreshAtMs: 901_000,
      expireAtMs: 1_769_000,
    });
    expect(sessionDeadlines({ intervalS: 90, refresher: 'remote' }, 0)).toEqual({
      refreshAtMs: undefined,
      expireAtMs: 60_000,
    });
  });
});

/** A call of a peer with these headers, established. */
async function establish(
  invite: RequestParts,
): Promise<{ server: ScriptedGateway; call: PeerDialog; owner: Owner; dialog: SipDialog }> {
  const server = await ScriptedGateway.open();
  const call = new PeerDialog(server.peer());
  const owner = new Owner();
  call.send('INVITE', { body: peerSdp(), ...invite });
  const accepted = server.invites[0]?.accept(ourSdp(), owner);
  call.ack(server.last('200 INVITE'));
  const dialog = await accepted;
  if (!dialog) throw new Error('no invite');
  server.take();
  return { server, call, owner, dialog };
}

describe('a dialog with a session timer', () => {
  const weRefresh = { Supported: 'timer', 'Session-Expires': '600;refresher=uas' };

  it('is refreshed by UPDATE at half of the interval when the peer takes UPDATE', async () => {
    const { server, call, owner } = await establish({ headers: { ...weRefresh, Allow: 'INVITE, BYE, UPDATE' } });
    await server.clock.advance(299_000);
    expect(server.takeKinds()).toEqual([]);
    await server.clock.advance(1001);
    const update = server.last('UPDATE');
    expect(update.header('Session-Expires')).toBe('600;refresher=uac');
    expect(update.body).toBe('');
    call.respond(update, 200, { headers: { 'Session-Expires': '600;refresher=uac', Require: 'timer' } });
    await server.clock.advance(299_000);
    expect(server.takeKinds()).toEqual(['UPDATE']);
    await server.clock.advance(1001);
    expect(server.takeKinds()).toEqual(['UPDATE']);
    expect(owner.ends).toEqual([]);
  });

  it('is refreshed by a re-INVITE with the SDP in force when it does not', async () => {
    const { server, call, owner } = await establish({ headers: weRefresh });
    await server.clock.advance(300_001);
    const invite = server.last('INVITE');
    expect(invite.body).toBe(ourSdp());
    call.respond(invite, 200, { body: peerSdp(), headers: { 'Session-Expires': '600;refresher=uac' } });
    await server.clock.advance(10);
    expect(server.takeKinds()).toEqual(['INVITE', 'ACK']);
    // The answer is what it was: nothing for the owner to hear.
    expect([owner.offers, owner.answers]).toEqual([[], []]);
  });

  it('falls back to a re-INVITE when UPDATE is refused as a method', async () => {
    const { server, call } = await establish({ headers: { ...weRefresh, Allow: 'INVITE, UPDATE' } });
    await server.clock.advance(300_001);
    call.respond(server.last('UPDATE'), 405);
    await server.clock.advance(1);
    expect(server.last('INVITE').body).toBe(ourSdp());
  });

  it('asks for more when a refresh is refused with 422', async () => {
    const { server, call } = await establish({ headers: { ...weRefresh, Allow: 'UPDATE' } });
    await server.clock.advance(300_001);
    call.respond(server.last('UPDATE'), 422, { headers: { 'Min-SE': '900' } });
    await server.clock.advance(1);
    const again = server.last('UPDATE');
    expect([again.header('Session-Expires'), again.header('Min-SE')]).toEqual(['900;refresher=uac', '900']);
  });

  it('ends with BYE when the peer that should refresh does not', async () => {
    const { server, owner } = await establish({
      headers: { Supported: 'timer', 'Session-Expires': '600;refresher=uac' },
    });
    await server.clock.advance(567_000);
    expect(server.takeKinds()).toEqual([]);
    await server.clock.advance(1001);
    expect(server.last('BYE').header('Reason')).toBe('Q.850;cause=102;text="Session expired"');
    expect(owner.ends).toEqual([{ by: 'timeout', q850Cause: 102, text: 'Session expired' }]);
  });

  it('starts anew with every refresh of the peer', async () => {
    const { server, call, owner } = await establish({
      headers: { Supported: 'timer', 'Session-Expires': '600;refresher=uac' },
    });
    for (let round = 0; round < 3; round++) {
      await server.clock.advance(400_000);
      call.send('UPDATE', { headers: { Supported: 'timer', 'Session-Expires': '600;refresher=uac' } });
    }
    expect(owner.ends).toEqual([]);
    await server.clock.advance(568_001);
    expect(owner.ends).toHaveLength(1);
  });

  it('ends when the peer has forgotten it: 481 to a refresh', async () => {
    const { server, call, owner } = await establish({ headers: { ...weRefresh, Allow: 'UPDATE' } });
    await server.clock.advance(300_001);
    call.respond(server.last('UPDATE'), 481);
    await server.clock.advance(1);
    expect(owner.ends.map(({ by }) => by)).toEqual(['remote']);
  });

  it('is tried again when a refresh is refused for now, and ends at its time when that never stops', async () => {
    const { server, call, owner } = await establish({ headers: { ...weRefresh, Allow: 'UPDATE' } });
    let refused = 0;
    for (let second = 0; second < 600 && owner.ends.length === 0; second++) {
      await server.clock.advance(1000);
      for (const message of server.take()) {
        if (message.kind !== 'UPDATE') continue;
        call.respond(message, 500);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10);
    expect(owner.ends).toEqual([{ by: 'timeout', q850Cause: 102, text: 'Session expired' }]);
  });

  it('is asked for again with Min-SE when our INVITE is refused with 422', async () => {
    const server = await ScriptedGateway.open();
    const owner = new Owner();
    const request = { uri: 'sip:x@10.0.0.2', from: { uri: 'sip:me@10.0.0.1' }, sdp: ourSdp(), timeoutMs: 30_000 };
    const outgoing = server.gateway.call(request, owner);
    const first = server.last('INVITE');
    expect(first.header('Session-Expires')).toBe('1800');
    const call = new PeerDialog(server.peer(), { invite: first });
    call.respond(first, 422, { headers: { 'Min-SE': '3600' } });
    const second = server.last('INVITE');
    expect([second.header('Session-Expires'), second.header('Min-SE')]).toEqual(['3600', '3600']);
    expect(second.cseq).toBeGreaterThan(first.cseq);
    call.respond(second, 200, { body: peerSdp(), headers: { 'Session-Expires': '3600;refresher=uas' } });
    expect((await outgoing.outcome).ok).toBe(true);
    await server.clock.advance(3_568_001);
    expect(owner.ends).toHaveLength(1);
  });
});
