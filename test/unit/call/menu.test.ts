import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idleMenu, type Menu, pauseInMenu, pressInMenu } from '../../../src/call/habits/menu.js';

const menu: Menu = { '*6': 'toggleMute', '*1': 'volumeUp', '*12': 'volumeDown', '*123': 'lock', '0': 'announceCount' };

/** What comes of pressing these; `_` is a pause. */
function pressed(keys: string, of = menu) {
  let state = idleMenu;
  const actions: string[] = [];
  for (const key of keys) {
    const step = key === '_' ? pauseInMenu(of, state) : pressInMenu(of, state, key);
    state = step.state;
    actions.push(...step.actions);
  }
  return { actions, digits: state.digits };
}

describe('a menu', () => {
  it.each([
    ['a whole entry is done at once', '*6', ['toggleMute'], ''],
    ['also a single key', '0', ['announceCount'], ''],
    ['twice', '*6*6', ['toggleMute', 'toggleMute'], ''],
    ['an entry another one begins with waits', '*1', [], '*1'],
    ['and is done after the pause', '*1_', ['volumeUp'], ''],
    ['or when what follows does not belong to it', '*16', ['volumeUp'], ''],
    ['and what follows counts anew', '*10', ['volumeUp', 'announceCount'], ''],
    ['also as the beginning of another', '*1*', ['volumeUp'], '*'],
    ['the longest one that fits', '*123', ['lock'], ''],
    ['the one in the middle', '*12_', ['volumeDown'], ''],
    ['half an entry is forgotten after the pause', '*_6', [], ''],
    ['half an entry and a wrong digit are forgotten', '*5', [], ''],
    ['but not a digit that begins one', '**6', ['toggleMute'], ''],
    ['or is one', '*0', ['announceCount'], ''],
    ['digits of no entry do nothing', '5789#', [], ''],
    ['a pause in idleness does nothing', '__', [], ''],
  ])('%s: %s', (_what, keys, actions, digits) => {
    expect(pressed(keys)).toEqual({ actions, digits });
  });

  it('without entries never waits', () => {
    expect(pressed('*6*1', {})).toEqual({ actions: [], digits: '' });
  });

  it('knows nothing of what every object has', () => {
    expect(pauseInMenu(menu, { digits: 'constructor' }).actions).toEqual([]);
  });

  it('is never left waiting for what no entry begins with, and after a pause is idle', () => {
    const key = fc.constantFrom('1', '2', '*', '#');
    const entry = fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => keys.join(''));
    const menus = fc.array(entry, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(menus, fc.array(key, { maxLength: 20 }), (entries, keys) => {
        const made: Menu = Object.fromEntries(entries.map((name) => [name, 'mute']));
        const { digits, actions } = pressed(keys.join(''), made);
        if (digits !== '')
          expect(entries.some((name) => name.length > digits.length && name.startsWith(digits))).toBe(true);
        expect(actions.length).toBeLessThanOrEqual(keys.length);
        expect(pauseInMenu(made, { digits }).state).toEqual(idleMenu);
      }),
    );
  });
});
