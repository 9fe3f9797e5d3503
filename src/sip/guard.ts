/** The line between this stack and the code of its owner: nothing thrown there gets past it. */

/**
 * Runs the owner's code. What it throws, or rejects with, is told to `onThrow` and nobody else.
 *
 * @returns what `run` returned; undefined when it threw
 */
export function guard<T>(run: () => T, onThrow: (thrown: unknown) => void): T | undefined {
  try {
    const result = run();
    if (result instanceof Promise) result.catch(onThrow);
    return result;
  } catch (thrown) {
    onThrow(thrown);
    return undefined;
  }
}
