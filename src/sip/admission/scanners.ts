/** Programs that look for open SIP servers, by what they call themselves (SAFETY S5). */

/** Looked for anywhere in User-Agent, From and To, without regard to case: no honest party contains them. */
const names = [
  'friendly-scanner',
  'friendly-request',
  'sipvicious',
  'sipcli',
  'sip-scan',
  'sipscan',
  'siparmyknife',
  'sundayddr',
  'vaxsipuseragent',
  'vaxasip',
  'pplsip',
  'svcrack',
  'svwar',
  'svmap',
];

/** Looked for at the start of User-Agent only, because people and places are called so too. */
const agents = ['gulp', 'iwar', 'sivus', 'smap', 'nmap', 'zmap', 'masscan'];

/** True when one of the texts names a scanner. */
export function namesScanner(userAgent: string | undefined, from: string | undefined, to: string | undefined): boolean {
  const agent = (userAgent ?? '').toLowerCase();
  const texts = [agent, (from ?? '').toLowerCase(), (to ?? '').toLowerCase()];
  return (
    texts.some((text) => names.some((name) => text.includes(name))) || agents.some((name) => agent.startsWith(name))
  );
}
