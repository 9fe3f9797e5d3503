/**
 * The gateway contract over a real drachtio-server. Not part of `npm test`; run `npm run test:drachtio` with
 *
 *     DRACHTIO_HOST, DRACHTIO_PORT (9022), DRACHTIO_SECRET (cymru)   its admin port
 *     DRACHTIO_SIP  (`127.0.0.1:5060`)                                where peers reach it by UDP and TCP
 *
 * The server must run on this machine, because the contract's peers are on loopback, and must have no other application.
 */
import { describe, it } from 'vitest';
import { Admission } from '../../src/sip/admission/admission.js';
import { DrachtioGateway } from '../../src/sip/drachtio/gateway.js';
import type { GatewayHandlers } from '../../src/sip/gateway.js';
import { describeGateway } from '../scenario/gateway-contract.js';
import type { ContractRig } from '../scenario/gateway-contract/stage.js';

const { DRACHTIO_HOST, DRACHTIO_PORT = '9022', DRACHTIO_SECRET = 'cymru' } = process.env;
const { DRACHTIO_SIP = '127.0.0.1:5060' } = process.env;

async function open(handlers: GatewayHandlers): Promise<ContractRig> {
  const gateway = new DrachtioGateway({
    host: DRACHTIO_HOST ?? '127.0.0.1',
    port: Number(DRACHTIO_PORT),
    secret: DRACHTIO_SECRET,
    admission: new Admission({
      trunks: [{ name: 'loopback', allow: ['127.0.0.0/8'], latching: 'off' }],
      limits: { perAddressPerS: 0, newCallsPerS: 0 },
      now: () => performance.now(),
    }),
    log: (level, message, fields) => {
      if (level === 'warn' || level === 'error') console.error(level, message, fields);
    },
  });
  await gateway.start(handlers);
  if (!gateway.ready) throw new Error(`no drachtio-server at ${DRACHTIO_HOST}:${DRACHTIO_PORT} takes this secret`);
  const [host = '127.0.0.1', port = '5060'] = DRACHTIO_SIP.split(':');
  return {
    gateway,
    udp: { transport: 'udp', host, port: Number(port) },
    tcp: { transport: 'tcp', host, port: Number(port) },
    close: () => gateway.stop(),
  };
}

if (DRACHTIO_HOST === undefined) {
  describe('a real drachtio-server', () => {
    it('is named by DRACHTIO_HOST', () => {
      throw new Error('set DRACHTIO_HOST (and DRACHTIO_PORT, DRACHTIO_SECRET, DRACHTIO_SIP) to run this');
    });
  });
} else {
  describeGateway('real drachtio', open, {
    t1Ms: 500,
    skip: {
      timers: 'its timers are those of the RFC, and retransmission is its own',
      parser: 'its SIP stack answers what is malformed or out of place, and drops unknown methods',
      forking: 'it tells applications of one answer only, and acknowledges the others itself',
    },
  });
}
