/** The gateway contract over the drachtio adapter and the scripted server. */
import { DrachtioRig } from '../support/drachtio-server/rig.js';
import { describeGateway } from './gateway-contract.js';

const t1Ms = 20;
const forking = 'drachtio-server tells applications of one answer only, and acknowledges the others itself';

describeGateway('drachtio', (handlers) => DrachtioRig.open(handlers, { t1Ms }), { t1Ms, skip: { forking } });
