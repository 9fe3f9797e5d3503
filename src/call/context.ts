import type { CallMediaEvent } from '../media/plane.js';
import type { SipGateway } from '../sip/gateway.js';
import type { Call } from './call.js';
import type { Load } from './capacity.js';
import type { Clock } from './clock.js';
import type { IdSource } from './ids.js';
import type { CallEvent } from './event.js';
import type { EventBus } from './event-bus.js';
import type { CallLog } from './log.js';
import type { MediaDefaults } from './negotiation.js';
import type { CallPolicy } from './policy.js';
import type { Registry } from './registry.js';
import type { CallSettings } from './settings.js';
import type { RandomOctets } from './srtp.js';

/** What the rooms of the control plane share: legs in and out, interactions, consent, recordings. */
export interface CallContext {
  readonly settings: CallSettings;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** For keys of SRTP. */
  readonly randomOctets: RandomOctets;
  readonly log: CallLog;
  readonly registry: Registry;
  readonly gateway: SipGateway;
  /** `settings.media`, knowing the ports of live legs as our own sockets too. */
  readonly mediaDefaults: MediaDefaults;
  /** Every fact of every call, in order. */
  readonly events: EventBus<CallEvent>;
  /** What the media plane says, after the call it concerns has dealt with it. */
  readonly mediaEvents: EventBus<CallMediaEvent>;
  /** What this server has at the moment. */
  load(): Load;
  /** Creates and registers a call. @throws CodedError `callExists`, `internal` */
  openCall(name: string | undefined, origin: 'api' | 'invite', policy: CallPolicy): Call;
}
