import { execFileSync } from 'node:child_process';

/** Media workers run compiled code, so the build has to be as new as the sources before any test starts. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
