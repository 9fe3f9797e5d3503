/** Other programs as functions: bytes in, bytes out, within bounds, without a shell. */
import { spawn } from 'node:child_process';

/** What a program is given and allowed. */
export interface ProgramRun {
  /** Written to its standard input; a number is a file that becomes its standard input. */
  readonly input: Uint8Array | number;
  /** It is killed when it writes more. */
  readonly mostOutputBytes: number;
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  /** `missing`: it is not installed. `failed`: it said so, or was killed by somebody else. */
  readonly outcome: 'done' | 'failed' | 'missing' | 'tooMuchOutput' | 'timeout' | 'aborted';
  readonly output: Buffer;
  /** The beginning of its standard error, on one line. */
  readonly complaint: string;
}

/** Where programs are looked for. They get no other environment: none of our secrets. */
const searchPath = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';
const mostComplaint = 300;

/** Runs a program to its end; never rejects. */
export function runProgram(command: string, words: readonly string[], run: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const { input, signal } = run;
    const child = spawn(command, words, {
      env: { PATH: searchPath, LC_ALL: 'C.UTF-8' },
      stdio: [typeof input === 'number' ? input : 'pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = child;
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = '';
    let cut: ProgramEnd['outcome'] | undefined;
    const cutOff = (outcome: ProgramEnd['outcome']) => {
      cut ??= outcome;
      child.kill('SIGKILL');
    };
    const abort = () => cutOff('aborted');
    const timer = setTimeout(() => cutOff('timeout'), run.timeLimitMs);
    const end = (outcome: ProgramEnd['outcome']) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve({ outcome: cut ?? outcome, output: Buffer.concat(output), complaint: oneLine(complaint) });
    };
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    stdout?.on('data', (bytes: Buffer) => {
      outputBytes += bytes.length;
      if (outputBytes > run.mostOutputBytes) cutOff('tooMuchOutput');
      else output.push(bytes);
    });
    stderr?.on('data', (bytes: Buffer) => {
      if (complaint.length < mostComplaint) complaint += bytes.toString('utf8');
    });
    child.on('error', (error) => end('code' in error && error.code === 'ENOENT' ? 'missing' : 'failed'));
    child.on('close', (code) => end(code === 0 ? 'done' : 'failed'));
    // A program may end without having read everything.
    stdin?.on('error', () => undefined);
    if (typeof input !== 'number') stdin?.end(input);
  });
}

function oneLine(text: string): string {
  return text
    .replaceAll(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, mostComplaint);
}
