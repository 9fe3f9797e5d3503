import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.js';
import { loadConfig } from '../../../src/config/load.js';

const load = (file: unknown) => loadConfig({ CONFIG_FILE: 'c.json' }, () => JSON.stringify(file), 4);

function problems(file: unknown): readonly string[] {
  try {
    load(file);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const tone = { type: 'tone', frequenciesHz: [440], cadenceMs: [200] };

describe('policies', () => {
  it('reach the routes that name them; a route without one has none', () => {
    const { routes } = load({
      policies: [{ name: 'board', pin: '4711', menus: { participant: { '*6': 'toggleMute' } }, waitingMusic: [tone] }],
      routes: [{ number: '900', policy: 'board', role: 'listener' }, { number: '*' }],
    });
    expect(routes).toEqual([
      {
        number: '900',
        role: 'listener',
        policy: { pin: '4711', menus: { participant: { '*6': 'toggleMute' } }, waitingMusic: [tone] },
      },
      { number: '*' },
    ]);
  });

  it.each([
    ['a route names one that is not there', { routes: [{ number: '1', policy: 'none' }] }, 'routes[0].policy'],
    ['a name is used twice', { policies: [{ name: 'a' }, { name: 'a' }] }, 'policies[1].name'],
    ['a key is not known', { policies: [{ name: 'a', locked: true }] }, 'policies[0].locked'],
    ['a codec is not enabled', { policies: [{ name: 'a', codecs: ['PCMU', 'opus'] }] }, 'policies[0].codecs[1]'],
    [
      'the warning has no end to warn of',
      { policies: [{ name: 'a', durationWarning: { beforeEndMs: 1_000, prompt: [tone] } }] },
      'policies[0].durationWarning',
    ],
    [
      'the warning comes before the beginning',
      { policies: [{ name: 'a', maxDurationMs: 5_000, durationWarning: { beforeEndMs: 5_000, prompt: [tone] } }] },
      'policies[0].durationWarning.beforeEndMs',
    ],
    [
      'a participant has a menu entry of moderators',
      { policies: [{ name: 'a', menus: { participant: { '*1': 'muteAll' } } }] },
      'policies[0].menus.participant.*1',
    ],
    [
      'a menu has keys no phone has',
      { policies: [{ name: 'a', menus: { moderator: { 'x!': 'muteAll' } } }] },
      'policies[0].menus.moderator.x!',
    ],
    ['yes and no begin alike', policyOf({ consent: { ask: 'onJoin', prompt: [tone], yes: '1', no: '12' } }), 'consent'],
    ['a trunk has an unknown role', { trunks: [{ name: 't', allow: ['10.0.0.1'], role: 'boss' }] }, 'trunks[0].role'],
  ])('%s: told at start, by the name of the key', (_what, file, key) => {
    const told = problems(file);
    expect(told.length).toBeGreaterThan(0);
    expect(told.join('\n')).toContain(key);
  });

  it('PINs are never shown, whatever is wrong with them', () => {
    const told = problems({
      policies: [
        { name: 'a', pin: '77x7077' },
        { name: 'b', pin: '880088', moderatorPin: '880088' },
        { name: 'c', moderatorPin: 990099 },
      ],
    });
    const text = told.join('\n');
    for (const key of ['policies[0].pin', 'policies[2].moderatorPin']) expect(text).toContain(key);
    expect(problems({ policies: [{ name: 'b', pin: '880088', moderatorPin: '880088' }] }).join()).toContain(
      'policies[0].moderatorPin',
    );
    for (const secret of ['77x7077', '880088', '990099']) expect(text).not.toContain(secret);
  });
});

function policyOf(habits: object) {
  return { policies: [{ name: 'a', ...habits }] };
}
