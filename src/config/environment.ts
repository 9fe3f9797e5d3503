/** The environment as a source of settings: one table of variables, each of which is one key of the config file. */
import { settingsSchema } from './schema.js';

/** Values as they come from `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable. */
export interface EnvironmentKey {
  readonly name: string;
  /** Key of the config file it overrides, dotted. */
  readonly key: string;
  /** A secret may also be given as a file by the same name + `_FILE`, and is never shown in errors. */
  readonly secret?: true;
}

/** Name of the variable that names the config file. */
export const configFileVariable = 'CONFIG_FILE';

/** Every variable this server reads, besides {@link configFileVariable} and the `_FILE` forms. */
export const environmentKeys: readonly EnvironmentKey[] = [
  { name: 'SIP_LISTEN', key: 'sip.listen' },
  { name: 'SIP_ALLOW', key: 'sip.allow' },
  { name: 'EXTERNAL_IP', key: 'externalIp' },
  { name: 'RTP_HOST', key: 'rtp.host' },
  { name: 'RTP_PORT_MIN', key: 'rtp.portMin' },
  { name: 'RTP_PORT_MAX', key: 'rtp.portMax' },
  { name: 'MEDIA_UDP', key: 'rtp.udp' },
  { name: 'HTTP_HOST', key: 'http.host' },
  { name: 'HTTP_PORT', key: 'http.port' },
  { name: 'API_KEYS', key: 'http.apiKeys', secret: true },
  { name: 'MEDIA_WORKERS', key: 'mediaWorkers' },
  { name: 'DATA_DIR', key: 'dataDir' },
  { name: 'PROMPTS_DIR', key: 'prompts.dir' },
  { name: 'PROMPTS_URL_ALLOW_HTTP', key: 'prompts.url.allowHttp' },
  { name: 'PROMPTS_URL_ALLOW_HOSTS', key: 'prompts.url.allowHosts' },
  { name: 'PROMPTS_URL_ALLOW_NETWORKS', key: 'prompts.url.allowNetworks' },
  { name: 'SPEECH_SYNTHESIZER', key: 'speech.synthesizer' },
  { name: 'SPEECH_VOICE', key: 'speech.voice' },
  { name: 'SPEECH_LANGUAGE', key: 'speech.language' },
  { name: 'SPEECH_HTTP_URL', key: 'speech.http.url', secret: true },
  { name: 'SPEECH_HTTP_AUTHORIZATION', key: 'speech.http.authorization', secret: true },
  { name: 'LOG_LEVEL', key: 'log.level' },
  { name: 'LOG_PERSONAL_DATA', key: 'log.personalData' },
  { name: 'DRACHTIO_HOST', key: 'drachtio.host' },
  { name: 'DRACHTIO_PORT', key: 'drachtio.port' },
  { name: 'DRACHTIO_SECRET', key: 'drachtio.secret', secret: true },
];

/** As much of a schema as tells how text is read. */
interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
}

function schemaOf(key: string): Shape {
  const found = key
    .split('.')
    .reduce<Shape | undefined>((shape, step) => shape?.properties?.[step], settingsSchema as Shape);
  if (found === undefined) throw new Error(`No setting is called ${key}.`);
  return found;
}

/**
 * Reads the text of a variable as its key wants it; lists are comma separated. What does not fit stays text, for the schema
 * to refuse with its own words.
 */
export function readValue(key: string, text: string): unknown {
  const trimmed = text.trim();
  switch (schemaOf(key).type) {
    case 'integer':
      return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'boolean':
      if (trimmed === 'true' || trimmed === '1') return true;
      return trimmed === 'false' || trimmed === '0' ? false : trimmed;
    case 'array':
      return trimmed
        .split(/[,\n]/)
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return trimmed;
  }
}
