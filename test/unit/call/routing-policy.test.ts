import { describe, expect, it } from 'vitest';
import { defaultRoutes, fits, type Route, routeInvite } from '../../../src/call/routing-policy.js';

describe('routing of INVITEs', () => {
  it('lets every number name its call by default', () => {
    expect(routeInvite(defaultRoutes, 'default', 'standup')).toMatchObject({ ok: true, callName: 'standup' });
  });

  const notNames = ['', 'a b', 'a/b', '../etc', 'ä', 'a\r\nb', 'x'.repeat(65), 'a\0b', '{user}', 'a;b', '%41'];
  it.each(notNames)('answers 404 to %j, which names no call', (user) => {
    expect(routeInvite(defaultRoutes, 'default', user)).toEqual({ ok: false, sipStatus: 404 });
  });

  it('takes names up to 64 characters', () => {
    const name = 'x'.repeat(64);
    expect(routeInvite(defaultRoutes, 'default', name)).toMatchObject({ ok: true, callName: name });
  });

  const table: Route[] = [
    { number: '4930666', refuse: 603 },
    { trunk: 'carrier', number: '4930*', call: 'berlin-{user}', maxLegs: 3, muted: true, codecs: ['PCMA'] },
    { trunk: 'office', number: '*', call: 'office' },
  ];
  const cases: [string, string, string, object][] = [
    ['the first row that fits decides', 'carrier', '4930666', { ok: false, sipStatus: 603 }],
    [
      'a prefix fits, and the template takes the user part',
      'carrier',
      '4930123',
      { ok: true, callName: 'berlin-4930123', maxLegs: 3, muted: true, codecs: ['PCMA'] },
    ],
    ['a prefix fits its own length', 'carrier', '4930', { ok: true, callName: 'berlin-4930' }],
    ['rows of other trunks do not count', 'office', '4930123', { ok: true, callName: 'office', muted: false }],
    ['what no row fits is not found', 'carrier', '4989', { ok: false, sipStatus: 404 }],
  ];
  it.each(cases)('%s', (_name, trunk, user, expected) => {
    expect(routeInvite(table, trunk, user)).toMatchObject(expected);
  });

  it('puts the user part into the template as text, whatever it looks like', () => {
    expect(routeInvite([{ number: '*', call: 'x-{user}' }], 'default', '$&')).toEqual({ ok: false, sipStatus: 404 });
    expect(routeInvite([{ number: '*', call: '{user}.{user}' }], 'default', 'a')).toMatchObject({ callName: 'a.a' });
  });

  it('matches no pattern with an empty user part', () => {
    expect(['*', '', 'a*'].map((pattern) => fits(pattern, ''))).toEqual([false, false, false]);
  });
});
