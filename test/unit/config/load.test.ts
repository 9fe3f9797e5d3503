import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.js';
import type { Environment } from '../../../src/config/environment.js';
import { environmentKeys } from '../../../src/config/environment.js';
import { loadConfig } from '../../../src/config/load.js';

/** Loads with a file of this content at `c.json`, and whatever other files there are. */
function load(environment: Environment, file?: unknown, files: Readonly<Record<string, string>> = {}) {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  const all: Record<string, string> = file === undefined ? files : { ...files, 'c.json': text };
  const read = (path: string) => {
    const content = all[path];
    if (content === undefined) throw new Error('ENOENT');
    return content;
  };
  return loadConfig(file === undefined ? environment : { CONFIG_FILE: 'c.json', ...environment }, read, 4);
}

function problems(environment: Environment, file?: unknown, files?: Readonly<Record<string, string>>): string[] {
  try {
    load(environment, file, files);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('without any setting', () => {
  it('everything stays on loopback', () => {
    const config = load({});
    expect(config).toMatchObject({
      sip: {
        listen: [
          { transport: 'udp', host: '127.0.0.1', port: 5060 },
          { transport: 'tcp', host: '127.0.0.1', port: 5060 },
        ],
        rate: { requestsPerSecondPerIp: 20, burst: 40, newCallsPerSecond: 30, exemptLoopback: true },
      },
      rtp: { host: '127.0.0.1', portMin: 10_000, portMax: 20_000 },
      http: { host: '127.0.0.1', port: 3000, apiKeys: [] },
      drachtio: undefined,
      mediaWorkers: 3,
      mediaAddress: '127.0.0.1',
      dataDir: './data',
      log: { level: 'info', personalData: false },
      codecs: ['PCMU', 'PCMA'],
      rtpTimeoutMs: 60_000,
      rtpHoldTimeoutMs: 3_600_000,
      denoise: 'off',
      trunks: [{ name: 'default', allow: ['127.0.0.0/8', '::1/128'], latching: 'off' }],
      routes: [{ number: '*' }],
      warnings: [],
    });
  });

  it('one core still gives one media worker', () => {
    expect(loadConfig({}, () => '', 1).mediaWorkers).toBe(1);
  });

  it('the configuration cannot be changed, and loading again gives defaults again', () => {
    const config = load({});
    expect(() => (config.codecs as string[]).push('G722')).toThrow(TypeError);
    expect(load({ SIP_ALLOW: '10.0.0.0/8' }).sip.allow).toEqual(['10.0.0.0/8']);
    expect(load({}).sip.allow).toEqual(['127.0.0.0/8', '::1/128']);
  });
});

describe('sources', () => {
  it('every variable reaches its key', () => {
    const config = load({
      SIP_LISTEN: 'udp:192.0.2.1:5070, tcp:[2001:db8::1]:5060',
      SIP_ALLOW: '10.0.0.0/8, 192.0.2.7',
      EXTERNAL_IP: '203.0.113.5',
      RTP_HOST: '192.0.2.2',
      RTP_PORT_MIN: '30000',
      RTP_PORT_MAX: '39999',
      HTTP_HOST: '192.0.2.3',
      HTTP_PORT: '8080',
      API_KEYS: 'first-key-of-16ch,second-key-of-16c',
      MEDIA_UDP: 'dgram',
      MEDIA_WORKERS: '7',
      DATA_DIR: '/data',
      LOG_LEVEL: 'debug',
      LOG_PERSONAL_DATA: 'true',
      DRACHTIO_HOST: 'drachtio',
      DRACHTIO_PORT: '9999',
      DRACHTIO_SECRET: 'sesame',
      PROMPTS_DIR: '/prompts',
      PROMPTS_URL_ALLOW_HTTP: 'true',
      PROMPTS_URL_ALLOW_HOSTS: 'cdn.example.com,*.example.org',
      PROMPTS_URL_ALLOW_NETWORKS: '10.1.0.0/16',
      SPEECH_SYNTHESIZER: 'http',
      SPEECH_VOICE: 'alloy',
      SPEECH_LANGUAGE: 'de-AT',
      SPEECH_HTTP_URL: 'http://tts.internal:8080/speak',
      SPEECH_HTTP_AUTHORIZATION: 'Bearer sesame',
    });
    expect(config).toMatchObject({
      sip: {
        listen: [
          { transport: 'udp', host: '192.0.2.1', port: 5070 },
          { transport: 'tcp', host: '2001:db8::1', port: 5060 },
        ],
        allow: ['10.0.0.0/8', '192.0.2.7'],
      },
      externalIp: '203.0.113.5',
      mediaAddress: '203.0.113.5',
      rtp: { host: '192.0.2.2', portMin: 30_000, portMax: 39_999, udp: 'dgram' },
      http: { host: '192.0.2.3', port: 8080, apiKeys: ['first-key-of-16ch', 'second-key-of-16c'] },
      mediaWorkers: 7,
      dataDir: '/data',
      log: { level: 'debug', personalData: true },
      drachtio: { host: 'drachtio', port: 9999, secret: 'sesame' },
      trunks: [{ name: 'default', allow: ['10.0.0.0/8', '192.0.2.7'] }],
      prompts: {
        dir: '/prompts',
        url: { allowHttp: true, allowHosts: ['cdn.example.com', '*.example.org'], allowNetworks: ['10.1.0.0/16'] },
      },
      speech: {
        synthesizer: 'http',
        voice: 'alloy',
        language: 'de-AT',
        http: { url: 'http://tts.internal:8080/speak', authorization: 'Bearer sesame' },
      },
    });
    expect(environmentKeys).toHaveLength(26);
  });

  it('the environment wins over the file, the file over defaults', () => {
    const config = load({ HTTP_PORT: '3002' }, { http: { port: 3001, host: '127.0.0.2' }, rtpTimeoutMs: 0 });
    expect(config.http).toMatchObject({ port: 3002, host: '127.0.0.2' });
    expect([config.rtpTimeoutMs, config.rtpHoldTimeoutMs]).toEqual([0, 3_600_000]);
  });

  it('an empty variable counts as not set', () => {
    expect(load({ HTTP_PORT: '', API_KEYS: ' ', EXTERNAL_IP: '', CONFIG_FILE: '' }).http.port).toBe(3000);
  });

  it('secrets may come from files, one key per line', () => {
    const files = { '/run/keys': 'first-key-of-16ch\nsecond-key-of-16c\n', '/run/secret': 'sesame\n' };
    const config = load(
      { API_KEYS_FILE: '/run/keys', DRACHTIO_SECRET_FILE: '/run/secret', DRACHTIO_HOST: 'd' },
      undefined,
      files,
    );
    expect(config.http.apiKeys).toEqual(['first-key-of-16ch', 'second-key-of-16c']);
    expect(config.drachtio?.secret).toBe('sesame');
  });

  it('the trunk `default` comes last, and is gone when sip.allow is empty', () => {
    const trunks = [{ name: 'carrier', allow: ['192.0.2.0/24'] }];
    expect(load({}, { trunks }).trunks.map(({ name }) => name)).toEqual(['carrier', 'default']);
    expect(load({}, { trunks, sip: { allow: [] } }).trunks.map(({ name }) => name)).toEqual(['carrier']);
  });
});

describe('one line tells key, source and problem', () => {
  const trunk = { name: 'a', allow: ['10.0.0.0/8'] };
  const outbound = { proxy: 'sip:10.0.0.1', fromUri: 'sip:me@example.org' };

  it.each([
    [{ HTTP_PORT: '99999' }, undefined, 'HTTP_PORT (environment): must be <= 65535, not 99999'],
    [{ HTTP_PORT: 'x' }, undefined, 'HTTP_PORT (environment): must be an integer, not "x"'],
    [{ MEDIA_WORKERS: '0' }, undefined, 'MEDIA_WORKERS (environment): must be >= 1, not 0'],
    [{ MEDIA_WORKERS: '1.5' }, undefined, 'MEDIA_WORKERS (environment): must be an integer, not "1.5"'],
    [{ LOG_PERSONAL_DATA: 'maybe' }, undefined, 'LOG_PERSONAL_DATA (environment): must be a boolean, not "maybe"'],
    [
      { SIP_LISTEN: 'udp:0:5060' },
      undefined,
      'SIP_LISTEN[0] (environment): must be udp:ADDRESS:PORT or tcp:ADDRESS:PORT with an IP address, not "udp:0:5060"',
    ],
    [
      { SIP_ALLOW: '10.0.0.0/8,10.0.0.0/33' },
      undefined,
      'SIP_ALLOW[1] (environment): must be an IP address or network such as 10.0.0.0/8, not "10.0.0.0/33"',
    ],
    [{ RTP_HOST: 'localhost' }, undefined, 'RTP_HOST (environment): must be an IP address, not "localhost"'],
    [
      { RTP_HOST: '0.0.0.0' },
      undefined,
      'RTP_HOST (environment): needs EXTERNAL_IP, the address to announce to peers, not "0.0.0.0"',
    ],
    [
      { SIP_LISTEN: 'udp:127.0.0.1:5060,udp:[::]:5060' },
      undefined,
      'SIP_LISTEN[1] (environment): needs EXTERNAL_IP, the address to announce to peers, not "udp:[::]:5060"',
    ],
    [
      { EXTERNAL_IP: '0.0.0.0' },
      undefined,
      'EXTERNAL_IP (environment): must be an address peers can send to, not "0.0.0.0"',
    ],
    [
      { EXTERNAL_IP: '2001:db8::1' },
      undefined,
      'EXTERNAL_IP (environment): must be of the same IP version as RTP_HOST (127.0.0.1), not "2001:db8::1"',
    ],
    [{ RTP_PORT_MIN: '10001' }, undefined, 'RTP_PORT_MIN (environment): must be even, not 10001'],
    [{ RTP_PORT_MAX: '10000' }, undefined, 'RTP_PORT_MAX (environment): must be above RTP_PORT_MIN (10000), not 10000'],
    [{ HTTP_HOST: '0.0.0.0' }, undefined, 'API_KEYS (default): must not be empty while HTTP_HOST is 0.0.0.0'],
    [{ API_KEYS: 'too-short' }, undefined, 'API_KEYS[0] (environment): must have at least 16 characters'],
    [{ DRACHTIO_HOST: 'd' }, undefined, 'DRACHTIO_SECRET (default): must be set when DRACHTIO_HOST is'],
    [{ CONFIG_FILE: 'gone' }, undefined, 'CONFIG_FILE (environment): "gone" cannot be read'],
    [{ API_KEYS_FILE: 'gone' }, undefined, 'API_KEYS_FILE (environment): "gone" cannot be read'],
    [{}, [], 'CONFIG_FILE (environment): "c.json" is not a JSON object'],
    [{}, { httpPort: 1 }, 'httpPort (c.json): is not a known key'],
    [{}, { http: { prot: 1 } }, 'http.prot (c.json): is not a known key'],
    [{}, { http: 3000 }, 'http (c.json): must be an object, not 3000'],
    [{}, { codecs: [] }, 'codecs (c.json): must have at least 1 items, not []'],
    [{}, { codecs: ['PCMU', 'G729'] }, 'codecs[1] (c.json): must be one of PCMU, PCMA, G722, opus, L16, not "G729"'],
    [{}, { rtp: { ptimeMs: 25 } }, 'rtp.ptimeMs (c.json): must be multiple of 10, not 25'],
    [{}, { sip: { timers: { t1Ms: 900, t2Ms: 500 } } }, 'sip.timers.t2Ms (c.json): must not be below t1Ms, not 500'],
    [
      {},
      { sip: { sessionTimer: { intervalS: 60 } } },
      'sip.sessionTimer.intervalS (c.json): must be 0 or at least minS, not 60',
    ],
    [{}, { trunks: [{ name: 'a' }] }, 'trunks[0].allow (c.json): is missing'],
    [
      {},
      { trunks: [{ ...trunk, name: 'default' }] },
      'trunks[0].name (c.json): is the trunk made of sip.allow; choose another name, not "default"',
    ],
    [{}, { trunks: [trunk, trunk] }, 'trunks[1].name (c.json): is used by another trunk, not "a"'],
    [
      {},
      { trunks: [{ ...trunk, outbound: { ...outbound, proxy: '10.0.0.1' } }] },
      'trunks[0].outbound.proxy (c.json): must be a SIP URI, not "10.0.0.1"',
    ],
    [
      {},
      { trunks: [{ ...trunk, outbound: { ...outbound, allowDestinations: ['49*30'] } }] },
      'trunks[0].outbound.allowDestinations[0] (c.json): must be a number, a prefix ending in *, or *, not "49*30"',
    ],
    [{}, { routes: [{ number: '1', trunk: 'b' }] }, 'routes[0].trunk (c.json): is not the name of a trunk, not "b"'],
    [
      {},
      { routes: [{ number: '1', refuse: 500 }] },
      'routes[0].refuse (c.json): must be one of 403, 404, 480, 486, 603, not 500',
    ],
    [
      {},
      { routes: [{ number: '1', call: '{number}' }] },
      'routes[0].call (c.json): has characters or a length that are not allowed, not "{number}"',
    ],
  ] as const)('%j %j', (environment, file, line) => {
    expect(problems(environment, file)).toEqual([line]);
  });

  it('for JSON that is none', () => {
    expect(problems({}, '{"a":')).toEqual([
      expect.stringMatching(/^CONFIG_FILE \(environment\): "c.json" is not valid JSON: /),
    ]);
  });

  it('and all of them at once, whatever kind they are', () => {
    const lines = problems(
      { RTP_PORT_MIN: '10001', RTP_PORT_MAX: 'x', HTTP_PORT: '-1', DRACHTIO_HOST: 'd', API_KEYS_FILE: 'gone' },
      { surplus: 1, routes: [{ number: '**' }] },
    );
    expect(lines.map((line) => line.slice(0, line.indexOf(' ')))).toEqual([
      'API_KEYS_FILE',
      'surplus',
      'RTP_PORT_MAX',
      'HTTP_PORT',
      'RTP_PORT_MIN',
      'DRACHTIO_SECRET',
      'routes[0].number',
    ]);
  });

  it('more than TypeBox would tell by itself', () => {
    const file = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`surplus${index}`, 1]));
    expect(problems({}, file)).toHaveLength(40);
  });

  it('without the value where that is a secret', () => {
    const password = 's'.repeat(300);
    const users = [{ username: 'u', password }];
    const lines = problems(
      { API_KEYS: 'p1anted', DRACHTIO_SECRET: '' },
      {
        trunks: [{ name: 'a', allow: ['10.0.0.0/8'], inboundAuth: { realm: 'r', users } }],
        http: { apiKeys: ['p1anted'] },
        speech: {
          synthesizer: 'http',
          http: { headers: { 'x-key': 'p1anted\n' }, authorization: 'p1anted\n', url: 'ftp://host/?key=p1anted' },
        },
      },
    ).join('\n');
    expect(lines).toContain('API_KEYS[0]');
    expect(lines).toContain('trunks[0].inboundAuth.users[0].password');
    expect(lines).toContain('speech.http.headers.x-key');
    expect(lines).toContain('speech.http.authorization');
    expect(lines).not.toMatch(/p1anted|sss/);
  });
});

describe('a synthesizer that is an HTTP service', () => {
  it.each([
    [{ SPEECH_SYNTHESIZER: 'http' }, 'SPEECH_HTTP_URL (default): must be set when speech.synthesizer is http'],
    [{ SPEECH_HTTP_URL: 'ftp://h/?key=p1anted' }, 'SPEECH_HTTP_URL (environment): must be an http: or https: URL'],
    [{ SPEECH_HTTP_URL: 'p1anted' }, 'SPEECH_HTTP_URL (environment): must be an http: or https: URL'],
  ])('has a URL, which is not shown: %j', (environment, line) => {
    expect(problems(environment)).toEqual([line]);
  });

  it('takes its URL and key from files', () => {
    const files = { '/run/url': 'https://h/?key=1\n', '/run/key': 'Bearer x\n' };
    const { speech } = load(
      { SPEECH_HTTP_URL_FILE: '/run/url', SPEECH_HTTP_AUTHORIZATION_FILE: '/run/key' },
      undefined,
      files,
    );
    expect(speech.http).toMatchObject({ url: 'https://h/?key=1', authorization: 'Bearer x' });
  });
});

describe('prompts from private networks', () => {
  it('are allowed by networks only', () => {
    expect(problems({ PROMPTS_URL_ALLOW_NETWORKS: '10.0.0.0/8, intranet' })).toEqual([
      'PROMPTS_URL_ALLOW_NETWORKS[1] (environment): must be an IP address or network such as 10.0.0.0/8, not "intranet"',
    ]);
  });
});

describe('a warning is given', () => {
  it.each([
    [{ DRACHTIO_HOST: 'd', DRACHTIO_SECRET: 'cymru' }, /DRACHTIO_SECRET/],
    [{ RTP_PORT_MAX: '10099' }, /fewer legs/],
    [{ SIP_ALLOW: '0.0.0.0/0' }, /everybody/],
    [{ PROMPTS_URL_ALLOW_NETWORKS: '::/0' }, /inside your networks/],
  ] as const)('for %j', (environment, text) => {
    const { warnings } = load(environment);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(text);
  });
});
