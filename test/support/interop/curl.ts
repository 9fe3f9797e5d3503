/** The API by `curl`, as somebody at a shell would use it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Sends a request. @throws Error with the problem when the answer is one */
export async function curl<Body>(url: string, ...words: readonly string[]): Promise<Body> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--fail-with-body', ...words, url]).catch(
    (error: Error & { stdout?: string }) => {
      throw new Error(`${error.message}: ${error.stdout ?? ''}`);
    },
  );
  return JSON.parse(stdout) as Body;
}

/** Words to send JSON. */
export function json(body: object): string[] {
  return ['--header', 'content-type: application/json', '--data', JSON.stringify(body)];
}
