/** A drachtio gateway and the scripted server it is connected to, for the contract's stage. */
import { Admission } from '../../../src/sip/admission/admission.js';
import { DrachtioGateway } from '../../../src/sip/drachtio/gateway.js';
import type { DrachtioOptions } from '../../../src/sip/drachtio/options.js';
import type { GatewayHandlers } from '../../../src/sip/gateway.js';
import type { Trunk } from '../../../src/sip/trunk.js';
import { Stage, type ContractRig } from '../../scenario/gateway-contract/stage.js';
import { ScriptedDrachtioServer } from './scripted-server.js';

/** Admits loopback by one trunk, without rates. */
export function admitLoopback(trunk: Partial<Trunk> = {}): Admission {
  return new Admission({
    trunks: [{ name: 'loopback', allow: ['127.0.0.0/8'], latching: 'off', ...trunk }],
    limits: { perAddressPerS: 0, newCallsPerS: 0 },
    now: () => performance.now(),
  });
}

/** The two, and what the gateway said. */
export class DrachtioRig implements ContractRig {
  readonly readiness: boolean[] = [];
  readonly logs: string[] = [];
  readonly gateway: DrachtioGateway;

  private constructor(
    readonly server: ScriptedDrachtioServer,
    options: Partial<DrachtioOptions>,
  ) {
    this.gateway = new DrachtioGateway({
      host: '127.0.0.1',
      port: server.adminPort,
      secret: 'cymru',
      admission: admitLoopback(),
      log: (level, message, fields) => this.logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      reconnect: { minDelayMs: 20, maxDelayMs: 100 },
      ...options,
    });
  }

  /** Starts a server, and a gateway at it. */
  static async open(handlers: GatewayHandlers, options: Partial<DrachtioOptions> = {}): Promise<DrachtioRig> {
    const server = new ScriptedDrachtioServer(options.t1Ms === undefined ? {} : { t1Ms: options.t1Ms });
    await server.start();
    const rig = new DrachtioRig(server, options);
    await rig.gateway.start({
      onInvite: (invite) => handlers.onInvite(invite),
      onReadiness: (ready) => {
        rig.readiness.push(ready);
        handlers.onReadiness(ready);
      },
    });
    return rig;
  }

  /** A stage for scenarios of its own, with this rig behind it. */
  static async stage(options: Partial<DrachtioOptions> = {}): Promise<{ stage: Stage; rig: DrachtioRig }> {
    const rigs: DrachtioRig[] = [];
    const stage = await Stage.open(async (handlers) => {
      const rig = await DrachtioRig.open(handlers, options);
      rigs.push(rig);
      return rig;
    }, options.t1Ms ?? 500);
    const [rig] = rigs;
    if (rig === undefined) throw new Error('the stage opened no rig');
    return { stage, rig };
  }

  get udp() {
    return this.server.sipAddress('udp');
  }

  get tcp() {
    return this.server.sipAddress('tcp');
  }

  /** The server first: nobody answers the BYEs of calls that a scenario leaves behind. */
  async close(): Promise<void> {
    await this.server.kill();
    await this.gateway.stop();
  }
}
