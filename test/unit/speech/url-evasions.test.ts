import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsServer } from '../../support/speech/dns-server.js';
import { publicAddress, UrlStage } from '../../support/speech/url-stage.js';

let stage: UrlStage;

beforeEach(async () => {
  stage = await UrlStage.open();
});
afterEach(() => stage.close());

/** SAFETY P9: ways to the internal listener, all of which have its port. */
const evasions: readonly string[] = [
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'foo.localhost',
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '127.255.255.254',
  ],
  ...[
    '0',
    '0.0.0.0',
    '0x0',
    '2130706433',
    '0x7f000001',
    '0x7F.0x0.0x0.0x1',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '0177.0.0.01',
  ],
  ...[
    '00000177.0.0.1',
    '127.0.0.0x1',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '１２７.0.0.1',
    '%31%32%37%2e%30%2e%30%2e%31',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
  ],
  ...[
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:1]',
  ],
  ...[
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[fe80::1%25lo]',
  ],
  ...[
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '100.64.0.1',
    '100.100.100.200',
    '224.0.0.1',
  ],
  ...[
    'user@127.0.0.1',
    'outside.test@127.0.0.1',
    'outside.test:80@127.0.0.1',
    '127.0.0.1#@stage.outside.test',
    '127.0.0.1\\@stage.outside.test',
  ],
  ...[
    'loopback.test',
    'mixed.test',
    'mapped.test',
    'metadata.test',
    'private.test',
    'six.test',
    'nat64.test',
    'empty.test',
  ],
];

function plantNames({ names }: UrlStage): void {
  names.localhost = ['127.0.0.1', '::1'];
  names['localhost.'] = ['127.0.0.1'];
  names['foo.localhost'] = ['127.0.0.1'];
  names['loopback.test'] = ['127.0.0.1'];
  names['mixed.test'] = [publicAddress, '127.0.0.1'];
  names['mapped.test'] = ['::ffff:127.0.0.1'];
  names['metadata.test'] = ['169.254.169.254'];
  names['private.test'] = ['10.0.0.1'];
  names['six.test'] = ['::1'];
  names['nat64.test'] = ['64:ff9b::7f00:1'];
  names['empty.test'] = [];
}

function redirectTo(location: string): void {
  stage.answer = (_, response) => void response.writeHead(302, { location }).end();
}

describe('nobody gets inside', () => {
  it(`by any of ${evasions.length} ways to write it`, async () => {
    plantNames(stage);
    for (const host of evasions) {
      const problem = await stage.problem(host);
      expect([host, problem.split(':')[0]]).toEqual([
        host,
        host === 'empty.test' ? 'promptFetchFailed' : 'promptRefused',
      ]);
    }
    expect([stage.internal.connections, stage.outside.connections]).toEqual([0, 0]);
  });

  it('by a redirect to any of them', async () => {
    plantNames(stage);
    const targets = evasions
      .filter((host) => host !== 'empty.test')
      .map((host) => `http://${host}:${stage.internal.port}/`);
    for (const target of [
      ...targets,
      `//127.0.0.1:${stage.internal.port}/`,
      'file:///etc/passwd',
      'gopher://127.0.0.1/',
    ]) {
      // Header values are bytes; a server can send any.
      redirectTo(Buffer.from(target).toString('latin1'));
      expect([target, (await stage.problem('outside.test')).split(':')[0]]).toEqual([target, 'promptRefused']);
    }
    expect(stage.internal.connections).toBe(0);
  });

  it('by a name that changes its address after it was checked', async () => {
    const dns = await DnsServer.open([publicAddress, '127.0.0.1']);
    await stage.restart({ resolve: dns.resolve });
    expect(await stage.problem('rebind.test')).toBe('played');
    expect(dns.questions).toBe(1);
    expect([stage.outside.connections, stage.internal.connections]).toEqual([1, 0]);
    // Asked again, it is judged again.
    expect(await stage.problem('rebind.test', '/other')).toMatch(/^promptRefused/);
    expect(stage.internal.connections).toBe(0);
    dns.close();
  });

  it('by a redirect to the same name, which has another address by then', async () => {
    const dns = await DnsServer.open([publicAddress, '127.0.0.1']);
    await stage.restart({ resolve: dns.resolve });
    redirectTo('/again');
    expect(await stage.problem('rebind.test')).toMatch(/^promptRefused/);
    expect([dns.questions, stage.internal.connections]).toEqual([2, 0]);
    dns.close();
  });

  it('by a host that is not on the list, whatever its address', async () => {
    await stage.restart({ allowHosts: ['outside.test'], resolve: async () => [publicAddress] });
    expect(await stage.problem('outside.test')).toBe('played');
    expect(await stage.problem('another.test')).toMatch(/^promptRefused/);
    expect(await stage.problem(publicAddress)).toMatch(/^promptRefused/);
    expect(stage.outside.connections).toBe(1);
  });
});
