/** The loaded configuration: what every other room gets its settings from. */
import type { EncodingName } from '../media/protocol.js';
import type { Route } from '../call/routing-policy.js';
import type { Trunk } from '../sip/trunk.js';
import type { Settings } from './schema.js';

/** Where the embedded SIP front end listens. */
export interface ListenAddress {
  readonly transport: 'udp' | 'tcp';
  /** IP address, without brackets. */
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** Everything that can be set, checked and with defaults; frozen. See `schema.ts` for what each key means. */
export interface Config extends DeepReadonly<
  Omit<Settings, 'sip' | 'drachtio' | 'mediaWorkers' | 'externalIp' | 'trunks' | 'codecs' | 'routes'>
> {
  readonly sip: Omit<DeepReadonly<Settings['sip']>, 'listen'> & { readonly listen: readonly ListenAddress[] };
  /** Undefined = the embedded SIP front end. */
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string } | undefined;
  readonly mediaWorkers: number;
  readonly externalIp: string | undefined;
  /** Address announced for media in SDP: `externalIp`, else `rtp.host`. */
  readonly mediaAddress: string;
  readonly codecs: readonly EncodingName[];
  /** The configured ones and, last, `default` when `sip.allow` names any network. */
  readonly trunks: readonly Trunk[];
  /** Each with its policy, no more with the name of one. */
  readonly routes: readonly Route[];
  /** What works but deserves a look; log each at start. */
  readonly warnings: readonly string[];
}
