/** The SIP side of simulated phones: one user agent on a free loopback port that makes all their calls. */
import { Admission } from '../../src/sip/admission/admission.js';
import { EmbeddedGateway } from '../../src/sip/embedded/gateway.js';
import type { SipGateway } from '../../src/sip/gateway.js';

/** Starts it; stop it by `gateway.stop()`. */
export async function openExchange(): Promise<SipGateway> {
  const gateway = new EmbeddedGateway({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
    // Nobody calls these phones.
    admission: new Admission({ trunks: [], now: () => performance.now() }),
  });
  await gateway.start({ onInvite: (invite) => invite.reject(480), onReadiness: () => undefined });
  return gateway;
}
