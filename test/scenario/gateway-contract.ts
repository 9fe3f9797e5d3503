/**
 * What every SIP front end must do, as scenarios between the gateway's port on one side and a peer of plain SIP text on the
 * other. Each adapter runs all of it: `describeGateway('embedded', …)`.
 */
import { describe, it } from 'vitest';
import { hostileScenarios } from './gateway-contract/hostile.js';
import { inDialogScenarios } from './gateway-contract/in-dialog.js';
import { inboundScenarios } from './gateway-contract/inbound.js';
import { outboundScenarios } from './gateway-contract/outbound.js';
import { raceScenarios } from './gateway-contract/races.js';
import type { ContractTag, Scenario } from './gateway-contract/scenario.js';
import { Stage, type OpenRig } from './gateway-contract/stage.js';
import { tcpScenarios } from './gateway-contract/tcp.js';

/** What an adapter may say about itself. */
export interface ContractOptions {
  /** T1 of the SIP stack that faces the peer; scenarios wait in multiples of it. T2 and T4 in the same proportion. */
  readonly t1Ms: number;
  /** Kinds of scenarios this adapter cannot pass, and why: behaviour that is not its own. */
  readonly skip?: Partial<Record<ContractTag, string>>;
}

/** Runs the contract. `open` brings up a gateway of its own for every scenario. */
export function describeGateway(name: string, open: OpenRig, options: ContractOptions): void {
  const groups: readonly (readonly [string, readonly Scenario[]])[] = [
    ['inbound calls', inboundScenarios],
    ['requests in a dialog', inDialogScenarios],
    ['races and losses', raceScenarios],
    ['outbound calls', outboundScenarios],
    ['hostile and odd requests', hostileScenarios],
    ['over TCP', tcpScenarios],
  ];
  describe.each(groups)(`the ${name} gateway: %s`, (_, scenarios) => {
    for (const scenario of scenarios) {
      const reason = scenario.tags.map((tag) => options.skip?.[tag]).find((skip) => skip !== undefined);
      if (reason !== undefined) {
        it.skip(`${scenario.title} (${reason})`);
        continue;
      }
      it.concurrent(scenario.title, async () => {
        const stage = await Stage.open(open, options.t1Ms);
        try {
          await scenario.play(stage);
        } finally {
          await stage.close();
        }
      });
    }
  });
}
