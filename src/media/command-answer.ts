/** How a command that asks for one gets its answer. */
import { asCodedError } from '../errors.js';
import type { MediaEvent, MediaResult } from './protocol.js';

type Emit = (event: MediaEvent) => void;

/** It was carried out. */
export function answer(emit: Emit, requestId: number, result: MediaResult): void {
  emit({ type: 'result', requestId, result });
}

/** It was not; a port that somebody else has is told apart, because another one may be free. */
export function fail(emit: Emit, requestId: number, thrown: unknown): void {
  const { code, detail } = asCodedError(thrown);
  const portBusy = thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE';
  const cause = code === 'internal' && thrown instanceof Error ? thrown.message : detail;
  answer(emit, requestId, {
    type: 'failed',
    code: code === 'internal' ? 'mediaFailed' : code,
    detail: cause,
    portBusy,
  });
}
