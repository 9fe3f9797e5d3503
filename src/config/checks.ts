/** What a schema cannot say: addresses, and settings that must fit each other. */
import { isIP } from 'node:net';
import { policyProblems } from '../call/policy.js';
import { isLoopback, isNetwork, isUnspecified, parseListen } from './addresses.js';
import type { Settings } from './schema.js';
import type { SettingPath } from './sources.js';

/** One thing wrong; `path` is the setting to change. */
export interface Finding {
  readonly path: SettingPath;
  readonly problem: string;
  readonly showsValue: boolean;
}

/** A check, and the settings it reads: it runs only when the schema accepts all of them. */
export interface Check {
  readonly reads: readonly SettingPath[];
  find(settings: Settings): readonly Finding[];
}

const sipUri = /^sips?:[^\s<>"@]*@?[^\s<>"@]+$/;

/** Name of the trunk made of `sip.allow`. */
export const defaultTrunkName = 'default';

/** All checks. */
export const checks: readonly Check[] = [
  {
    reads: [['sip', 'listen']],
    find: ({ sip }) =>
      sip.listen.flatMap((text, index) =>
        parseListen(text) === undefined
          ? wrong(['sip', 'listen', index], 'must be udp:ADDRESS:PORT or tcp:ADDRESS:PORT with an IP address')
          : [],
      ),
  },
  { reads: [['sip', 'allow']], find: ({ sip }) => networks(sip.allow, ['sip', 'allow']) },
  {
    reads: [['sip', 'timers']],
    find: ({ sip }) =>
      sip.timers.t2Ms < sip.timers.t1Ms ? wrong(['sip', 'timers', 't2Ms'], 'must not be below t1Ms') : [],
  },
  {
    reads: [['sip', 'sessionTimer']],
    find({ sip: { sessionTimer } }) {
      const { intervalS, minS } = sessionTimer;
      return intervalS !== 0 && intervalS < minS
        ? wrong(['sip', 'sessionTimer', 'intervalS'], 'must be 0 or at least minS')
        : [];
    },
  },
  { reads: [['rtp', 'host']], find: ({ rtp }) => ipAddress(rtp.host, ['rtp', 'host']) },
  { reads: [['http', 'host']], find: ({ http }) => ipAddress(http.host, ['http', 'host']) },
  { reads: [['externalIp']], find: externalAddress },
  { reads: [['externalIp'], ['rtp', 'host'], ['sip', 'listen'], ['drachtio']], find: announcedAddress },
  {
    reads: [['rtp', 'portMin']],
    find: ({ rtp }) => (rtp.portMin % 2 === 0 ? [] : wrong(['rtp', 'portMin'], 'must be even')),
  },
  {
    reads: [
      ['rtp', 'portMin'],
      ['rtp', 'portMax'],
    ],
    find: ({ rtp }) =>
      rtp.portMin < rtp.portMax ? [] : wrong(['rtp', 'portMax'], `must be above RTP_PORT_MIN (${rtp.portMin})`),
  },
  {
    reads: [['http']],
    find: ({ http }) =>
      isIP(http.host) !== 0 && !isLoopback(http.host) && http.apiKeys.length === 0
        ? [
            {
              path: ['http', 'apiKeys'],
              problem: `must not be empty while HTTP_HOST is ${http.host}`,
              showsValue: false,
            },
          ]
        : [],
  },
  {
    reads: [['drachtio']],
    find: ({ drachtio }) =>
      drachtio.host !== undefined && drachtio.secret === undefined
        ? [{ path: ['drachtio', 'secret'], problem: 'must be set when DRACHTIO_HOST is', showsValue: false }]
        : [],
  },
  {
    reads: [['prompts', 'url', 'allowNetworks']],
    find: ({ prompts }) => networks(prompts.url.allowNetworks, ['prompts', 'url', 'allowNetworks']),
  },
  { reads: [['speech']], find: synthesizerFindings },
  { reads: [['trunks'], ['sip', 'allow']], find: trunkFindings },
  { reads: [['policies'], ['codecs']], find: policyFindings },
  { reads: [['routes'], ['trunks'], ['policies']], find: routeFindings },
];

function externalAddress({ externalIp }: Settings): readonly Finding[] {
  if (externalIp === undefined) return [];
  const notAnAddress = ipAddress(externalIp, ['externalIp']);
  if (notAnAddress.length > 0) return notAnAddress;
  return isUnspecified(externalIp) ? wrong(['externalIp'], 'must be an address peers can send to') : [];
}

/** What is announced must be reachable: the unspecified address is not, nor one of the other family. */
function announcedAddress({ externalIp, rtp, sip, drachtio }: Settings): readonly Finding[] {
  if (externalIp !== undefined) {
    const families = [isIP(externalIp), isIP(rtp.host)];
    return families.includes(0) || families[0] === families[1] || isUnspecified(rtp.host)
      ? []
      : wrong(['externalIp'], `must be of the same IP version as RTP_HOST (${rtp.host})`);
  }
  const needed = (path: SettingPath) => wrong(path, 'needs EXTERNAL_IP, the address to announce to peers');
  if (isUnspecified(rtp.host)) return needed(['rtp', 'host']);
  if (drachtio.host !== undefined) return [];
  const index = sip.listen.findIndex((text) => isUnspecified(parseListen(text)?.host ?? ''));
  return index < 0 ? [] : needed(['sip', 'listen', index]);
}

/** Its URL may hold a key, so it is never shown. */
function synthesizerFindings({ speech: { synthesizer, http } }: Settings): readonly Finding[] {
  const path = ['speech', 'http', 'url'];
  const { url } = http;
  if (url === undefined) {
    return synthesizer === 'http'
      ? [{ path, problem: 'must be set when speech.synthesizer is http', showsValue: false }]
      : [];
  }
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isHttp ? [] : [{ path, problem: 'must be an http: or https: URL', showsValue: false }];
}

function trunkFindings({ trunks }: Settings): readonly Finding[] {
  return trunks.flatMap((trunk, index) => {
    const at = (...steps: (string | number)[]): SettingPath => ['trunks', index, ...steps];
    const findings = [...networks(trunk.allow, at('allow'))];
    if (trunk.name === defaultTrunkName) {
      findings.push(...wrong(at('name'), 'is the trunk made of sip.allow; choose another name'));
    }
    if (trunks.findIndex((other) => other.name === trunk.name) < index) {
      findings.push(...wrong(at('name'), 'is used by another trunk'));
    }
    const { outbound } = trunk;
    if (outbound === undefined) return findings;
    if (!sipUri.test(outbound.proxy)) findings.push(...wrong(at('outbound', 'proxy'), 'must be a SIP URI'));
    if (!sipUri.test(outbound.fromUri)) findings.push(...wrong(at('outbound', 'fromUri'), 'must be a SIP URI'));
    outbound.allowDestinations.forEach((pattern, row) => {
      findings.push(...numberPattern(pattern, at('outbound', 'allowDestinations', row)));
    });
    return findings;
  });
}

/** What habits and consent have against each other is for the call to know. */
function policyFindings({ policies, codecs }: Settings): readonly Finding[] {
  return policies.flatMap((policy, index) => {
    const at = (...steps: (string | number)[]): SettingPath => ['policies', index, ...steps];
    const findings: Finding[] = policyProblems(policy).map(({ path, problem }) => ({
      path: at(...path),
      problem,
      showsValue: false,
    }));
    if (policies.findIndex((other) => other.name === policy.name) < index) {
      findings.push(...wrong(at('name'), 'is used by another policy'));
    }
    (policy.codecs ?? []).forEach((codec, row) => {
      if (!codecs.includes(codec)) findings.push(...wrong(at('codecs', row), 'is not one of codecs'));
    });
    return findings;
  });
}

function routeFindings({ routes, trunks, policies }: Settings): readonly Finding[] {
  return routes.flatMap((route, index) => {
    const findings = [...numberPattern(route.number, ['routes', index, 'number'])];
    const { trunk, policy } = route;
    if (trunk !== undefined && trunk !== defaultTrunkName && !trunks.some(({ name }) => name === trunk)) {
      findings.push(...wrong(['routes', index, 'trunk'], 'is not the name of a trunk'));
    }
    if (policy !== undefined && !policies.some(({ name }) => name === policy)) {
      findings.push(...wrong(['routes', index, 'policy'], 'is not the name of a policy'));
    }
    return findings;
  });
}

/** Exact, `prefix*` or `*`. */
function numberPattern(pattern: string, path: SettingPath): readonly Finding[] {
  return /^(\*|[^\s*]{1,128}\*?)$/.test(pattern) ? [] : wrong(path, 'must be a number, a prefix ending in *, or *');
}

function networks(list: readonly string[], path: SettingPath): Finding[] {
  return list.flatMap((text, index) =>
    isNetwork(text) ? [] : wrong([...path, index], 'must be an IP address or network such as 10.0.0.0/8'),
  );
}

function ipAddress(text: string, path: SettingPath): readonly Finding[] {
  return isIP(text) !== 0 && !text.includes('%') ? [] : wrong(path, 'must be an IP address');
}

function wrong(path: SettingPath, problem: string): Finding[] {
  return [{ path, problem, showsValue: true }];
}
