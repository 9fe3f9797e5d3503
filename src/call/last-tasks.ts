/** What is to be done when something comes to its end, right before that is told. */
export class LastTasks {
  readonly #tasks = new Set<() => void>();

  /** @returns what takes the task back */
  add(task: () => void): () => void {
    this.#tasks.add(task);
    return () => {
      this.#tasks.delete(task);
    };
  }

  /** Runs them, once each. */
  run(): void {
    for (const task of this.#tasks) {
      this.#tasks.delete(task);
      task();
    }
  }
}
