/** From environment and file to a checked {@link Config}. */
import { availableParallelism } from 'node:os';
import Value from 'typebox/value';
import { parseListen } from './addresses.js';
import { checks, defaultTrunkName } from './checks.js';
import type { Finding } from './checks.js';
import type { Config } from './config.js';
import { ConfigError } from './config-error.js';
import type { ConfigProblem } from './config-error.js';
import type { Environment } from './environment.js';
import { schemaProblems } from './schema-problems.js';
import { settingsSchema } from './schema.js';
import type { Settings } from './schema.js';
import { readSources, valueAt } from './sources.js';
import type { ReadFile, SettingPath, Sources } from './sources.js';

/** Secret of every drachtio sample; good enough on loopback only. */
const knownDrachtioSecret = 'cymru';
const longestShownValue = 80;

/**
 * Loads the configuration: defaults, over them the JSON file named by `CONFIG_FILE`, over it the environment.
 * @param environment variables, e.g. `process.env`
 * @param readFile    reads a text file or throws
 * @param cores       processor cores, for the default number of media workers
 * @throws ConfigError with everything that is wrong
 */
export function loadConfig(environment: Environment, readFile: ReadFile, cores = availableParallelism()): Config {
  const sources = readSources(environment, readFile);
  const settings = Value.Default(settingsSchema, sources.raw);
  const violations = schemaProblems(settingsSchema, settings);
  const found = checks
    .filter(({ reads }) => !reads.some((read) => violations.some(({ path }) => overlap(read, path))))
    .flatMap((check) => check.find(settings as Settings));
  const problems = [
    ...sources.problems,
    ...[...violations, ...found].map((finding) => problemOf(finding, settings, sources)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(resolve(settings as Settings, cores));
}

function resolve(settings: Settings, cores: number): Config {
  const { sip, drachtio, externalIp, rtp, routes } = settings;
  const policies = new Map(settings.policies.map(({ name, ...policy }) => [name, policy]));
  const fallback = { name: defaultTrunkName, allow: sip.allow, latching: 'off' as const };
  return {
    ...settings,
    sip: { ...sip, listen: sip.listen.flatMap((text) => parseListen(text) ?? []) },
    drachtio: drachtioLink(drachtio),
    mediaWorkers: settings.mediaWorkers ?? Math.max(1, cores - 1),
    externalIp,
    mediaAddress: externalIp ?? rtp.host,
    trunks: sip.allow.length > 0 ? [...settings.trunks, fallback] : settings.trunks,
    routes: routes.map(({ policy, ...route }) => {
      const found = policy === undefined ? undefined : policies.get(policy);
      return { ...route, ...(found && { policy: found }) };
    }),
    warnings: warningsOf(settings),
  };
}

/** Host and secret come together; the checks have seen to that. */
function drachtioLink({ host, port, secret }: Settings['drachtio']): Config['drachtio'] {
  return host === undefined || secret === undefined ? undefined : { host, port, secret };
}

function warningsOf({ drachtio, rtp, capacity, sip, prompts }: Settings): string[] {
  const warnings: string[] = [];
  if (drachtio.host !== undefined && drachtio.secret === knownDrachtioSecret) {
    warnings.push('DRACHTIO_SECRET is the one of every sample; choose another');
  }
  if (Math.floor((rtp.portMax - rtp.portMin + 1) / 2) < capacity.maxLegs) {
    warnings.push('RTP_PORT_MIN to RTP_PORT_MAX holds fewer legs than capacity.maxLegs');
  }
  if (sip.allow.some((network) => /\/0+$/.test(network))) {
    warnings.push('SIP_ALLOW lets everybody in');
  }
  if (prompts.url.allowNetworks.some((network) => /\/0+$/.test(network))) {
    warnings.push('PROMPTS_URL_ALLOW_NETWORKS lets prompts come from inside your networks and this machine');
  }
  return warnings;
}

function problemOf({ path, problem, showsValue }: Finding, settings: unknown, sources: Sources): ConfigProblem {
  const value = valueAt(settings, path);
  const shown = showsValue && value !== undefined && !sources.isSecret(path) ? `, not ${show(value)}` : '';
  return { ...sources.origin(path), problem: problem + shown };
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longestShownValue ? `${text.slice(0, longestShownValue)}…` : text;
}

/** True when one path leads to the other. */
function overlap(a: SettingPath, b: SettingPath): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((step, index) => step === b[index]);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
