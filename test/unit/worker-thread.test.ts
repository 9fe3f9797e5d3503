import { afterEach, describe, expect, it } from 'vitest';
import { startThread, type ThreadLink } from '../../src/worker-thread.js';

let link: ThreadLink<string, string>;
const crashes: string[] = [];
afterEach(async () => {
  crashes.length = 0;
  await link.terminate();
});

/** A thread that answers with what it was given and what it is told, and does what it is told to do. */
function start(): void {
  const code = `
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.on('message', (word) => {
      if (word === 'throw') throw new Error('on purpose');
      if (word === 'exit') process.exit(0);
      parentPort.postMessage(workerData + ' ' + word);
    });`;
  link = startThread(new URL(`data:text/javascript,${encodeURIComponent(code)}`), 'parrot', 'told');
  link.onCrash((reason) => crashes.push(reason));
}

const event = () => new Promise<string>((resolve) => link.onEvent(resolve));
const crash = () => new Promise<string>((resolve) => link.onCrash((reason) => resolve(reason)));

describe('a thread', () => {
  it('is given its data, told commands, and tells events', async () => {
    start();
    const answer = event();
    link.post('hello');
    expect(await answer).toBe('told hello');
  });

  it.each([
    ['throws', 'throw', /^Error: on purpose\n/],
    ['ends by itself', 'exit', /^the parrot exited$/],
  ])('that %s is told, with the reason', async (_what, command, reason) => {
    start();
    const crashed = crash();
    link.post(command);
    expect(await crashed).toMatch(reason);
  });

  it('that is asked to end has not crashed', async () => {
    start();
    const answer = event();
    link.post('hello');
    await answer;
    await link.terminate();
    expect(crashes).toEqual([]);
  });
});
