/** A foreign program under test control: what it says is kept, and it ends when its test does. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { wordsToRunAhead } from '../real-time.js';

/** Beyond it the beginning of what was said is forgotten. */
const OUTPUT_CHARACTERS = 100_000;
const PATIENCE_MS = 3000;

/** A running program. */
export class ChildProgram {
  /** Its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  #output = '';
  readonly #child: ChildProcessWithoutNullStreams;

  /**
   * Starts it.
   * @param home its working and home directory: nothing of the user's is read or written
   */
  constructor(command: string, words: readonly string[], home: string) {
    const [first = command, ...rest] = [...wordsToRunAhead('peer'), command, ...words];
    this.#child = spawn(first, rest, { cwd: home, env: { PATH: process.env.PATH, HOME: home, TERM: 'dumb' } });
    this.#child.stdout.on('data', (bytes: Buffer) => this.#keep(bytes));
    this.#child.stderr.on('data', (bytes: Buffer) => this.#keep(bytes));
    const abandon = (): boolean => this.#child.kill('SIGKILL');
    process.once('exit', abandon);
    this.#child.once('exit', () => process.off('exit', abandon));
    // What is typed into a program that has just ended goes nowhere.
    this.#child.stdin.on('error', () => undefined);
    this.exited = once(this.#child, 'exit').then(([code]) => code as number | null);
  }

  /** What it said, on both outputs. */
  get output(): string {
    return this.#output;
  }

  /** Types a line. */
  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Ends it: asks, then insists. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.exited;
    clearTimeout(impatience);
  }

  #keep(bytes: Buffer): void {
    this.#output = (this.#output + bytes.toString('latin1')).slice(-OUTPUT_CHARACTERS);
  }
}
