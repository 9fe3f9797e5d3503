/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The environment variable, or the key of the config file, e.g. `routes[0].refuse`. */
  readonly key: string;
  /** Where the value comes from: `environment`, the path of a file, or `default`. */
  readonly source: string;
  /** What is wrong, with the value unless that is a secret. */
  readonly problem: string;
}

/** The configuration cannot be used; tells everything that is wrong with it at once, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ key, source, problem }) => `${key} (${source}): ${problem}`).join('\n'));
  }
}
