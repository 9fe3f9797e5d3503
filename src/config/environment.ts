/** The environment as a source of settings: one table of variables, each of which is one key of the config file. */

/** Values as they come from `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable. */
export interface EnvironmentKey {
  readonly name: string;
  /** Key of the config file it overrides, dotted. */
  readonly key: string;
  /** How its text is read: `list` is comma separated, and empty means an empty list. */
  readonly kind: 'text' | 'integer' | 'boolean' | 'list';
  /** A secret may also be given as a file by the same name + `_FILE`, and is never shown in errors. */
  readonly secret?: true;
}

/** Name of the variable that names the config file. */
export const configFileVariable = 'CONFIG_FILE';

/** Every variable this server reads, besides {@link configFileVariable} and the `_FILE` forms. */
export const environmentKeys: readonly EnvironmentKey[] = [
  { name: 'SIP_LISTEN', key: 'sip.listen', kind: 'list' },
  { name: 'SIP_ALLOW', key: 'sip.allow', kind: 'list' },
  { name: 'EXTERNAL_IP', key: 'externalIp', kind: 'text' },
  { name: 'RTP_HOST', key: 'rtp.host', kind: 'text' },
  { name: 'RTP_PORT_MIN', key: 'rtp.portMin', kind: 'integer' },
  { name: 'RTP_PORT_MAX', key: 'rtp.portMax', kind: 'integer' },
  { name: 'MEDIA_UDP', key: 'rtp.udp', kind: 'text' },
  { name: 'HTTP_HOST', key: 'http.host', kind: 'text' },
  { name: 'HTTP_PORT', key: 'http.port', kind: 'integer' },
  { name: 'API_KEYS', key: 'http.apiKeys', kind: 'list', secret: true },
  { name: 'MEDIA_WORKERS', key: 'mediaWorkers', kind: 'integer' },
  { name: 'DATA_DIR', key: 'dataDir', kind: 'text' },
  { name: 'PROMPTS_DIR', key: 'prompts.dir', kind: 'text' },
  { name: 'PROMPTS_URL_ALLOW_HTTP', key: 'prompts.url.allowHttp', kind: 'boolean' },
  { name: 'PROMPTS_URL_ALLOW_HOSTS', key: 'prompts.url.allowHosts', kind: 'list' },
  { name: 'PROMPTS_URL_ALLOW_NETWORKS', key: 'prompts.url.allowNetworks', kind: 'list' },
  { name: 'SPEECH_SYNTHESIZER', key: 'speech.synthesizer', kind: 'text' },
  { name: 'SPEECH_VOICE', key: 'speech.voice', kind: 'text' },
  { name: 'SPEECH_LANGUAGE', key: 'speech.language', kind: 'text' },
  { name: 'SPEECH_HTTP_URL', key: 'speech.http.url', kind: 'text', secret: true },
  { name: 'SPEECH_HTTP_AUTHORIZATION', key: 'speech.http.authorization', kind: 'text', secret: true },
  { name: 'LOG_LEVEL', key: 'log.level', kind: 'text' },
  { name: 'LOG_PERSONAL_DATA', key: 'log.personalData', kind: 'boolean' },
  { name: 'DRACHTIO_HOST', key: 'drachtio.host', kind: 'text' },
  { name: 'DRACHTIO_PORT', key: 'drachtio.port', kind: 'integer' },
  { name: 'DRACHTIO_SECRET', key: 'drachtio.secret', kind: 'text', secret: true },
];

/**
 * Reads the text of a variable. What does not fit its kind stays text, for the schema to refuse with its own words.
 */
export function readValue(kind: EnvironmentKey['kind'], text: string): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case 'text':
      return trimmed;
    case 'integer':
      return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'boolean':
      if (trimmed === 'true' || trimmed === '1') return true;
      return trimmed === 'false' || trimmed === '0' ? false : trimmed;
    case 'list':
      return trimmed
        .split(/[,\n]/)
        .map((item) => item.trim())
        .filter((item) => item !== '');
  }
}
