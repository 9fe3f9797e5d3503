import { Admission } from '../../src/sip/admission/admission.js';
import { EmbeddedGateway } from '../../src/sip/embedded/gateway.js';
import type { GatewayHandlers } from '../../src/sip/gateway.js';
import type { SipAddress } from '../support/sip-peer.js';
import { describeGateway } from './gateway-contract.js';
import type { ContractRig } from './gateway-contract/stage.js';

const t1Ms = 20;

async function open(handlers: GatewayHandlers): Promise<ContractRig> {
  const host = '127.0.0.1';
  const gateway = new EmbeddedGateway({
    listen: [
      { transport: 'udp', host, port: 0 },
      { transport: 'tcp', host, port: 0 },
    ],
    admission: new Admission({
      trunks: [{ name: 'loopback', allow: ['127.0.0.0/8'], latching: 'off' }],
      limits: { perAddressPerS: 1000, perAddressBurst: 1000 },
      now: () => performance.now(),
    }),
    timers: { t1Ms, t2Ms: 8 * t1Ms, t4Ms: 10 * t1Ms },
  });
  await gateway.start(handlers);
  return {
    gateway,
    udp: addressOf(gateway, 'udp'),
    tcp: addressOf(gateway, 'tcp'),
    close: () => gateway.stop(),
  };
}

/** Reads `sip:127.0.0.1:5060;transport=udp`. */
function addressOf(gateway: EmbeddedGateway, transport: 'udp' | 'tcp'): SipAddress {
  const contact = gateway.contacts.find((text) => text.endsWith(`transport=${transport}`)) ?? '';
  const [, host = '', port = ''] = /^sip:([^:]+):(\d+);/.exec(contact) ?? [];
  return { transport, host, port: Number(port) };
}

describeGateway('embedded', open, { t1Ms });
