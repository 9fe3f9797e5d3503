/** What the room is configured by; `config/schema-prompts.ts` gives it. */

/** `prompts.*` */
export interface PromptSettings {
  /** Default: `prompts` in the data directory. */
  readonly dir?: string | undefined;
  readonly maxSeconds: number;
  readonly maxFileMb: number;
  readonly cacheMb: number;
  readonly assetsMb: number;
  readonly url: {
    readonly allowHttp: boolean;
    readonly allowHosts: readonly string[];
    /** CIDR. */
    readonly allowNetworks: readonly string[];
  };
}

/** `speech.*` */
export interface SpeechSettings {
  readonly synthesizer: 'espeak-ng' | 'http' | 'none';
  readonly voice?: string | undefined;
  readonly language: string;
  /** On disk; 0 = none. */
  readonly cacheMb: number;
  readonly http: {
    /** Given when the synthesizer is `http`. */
    readonly url?: string | undefined;
    readonly authorization?: string | undefined;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly timeoutMs: number;
  };
}
