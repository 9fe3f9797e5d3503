/** The gateway contract over the drachtio adapter and the scripted server. */
import { Admission } from '../../src/sip/admission/admission.js';
import { DrachtioGateway } from '../../src/sip/drachtio/gateway.js';
import type { GatewayHandlers } from '../../src/sip/gateway.js';
import { ScriptedDrachtioServer } from '../support/drachtio-server/scripted-server.js';
import { describeGateway } from './gateway-contract.js';
import type { ContractRig } from './gateway-contract/stage.js';

const t1Ms = 20;

async function open(handlers: GatewayHandlers): Promise<ContractRig> {
  const server = new ScriptedDrachtioServer({ t1Ms });
  await server.start();
  const gateway = new DrachtioGateway({
    host: '127.0.0.1',
    port: server.adminPort,
    secret: 'cymru',
    admission: new Admission({
      trunks: [{ name: 'loopback', allow: ['127.0.0.0/8'], latching: 'off' }],
      limits: { perAddressPerS: 1000, perAddressBurst: 1000 },
      now: () => performance.now(),
    }),
    log: () => undefined,
    t1Ms,
  });
  await gateway.start(handlers);
  return {
    gateway,
    udp: server.sipAddress('udp'),
    tcp: server.sipAddress('tcp'),
    close: async () => {
      await gateway.stop();
      await server.kill();
    },
  };
}

const forking = 'drachtio-server tells applications of one answer only, and acknowledges the others itself';
describeGateway('drachtio', open, { t1Ms, skip: { forking } });
