import { describe, expect, it } from 'vitest';
import { AddressPolicy } from '../../../src/speech/url/address-policy.js';

const refused = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200',
    '100.127.255.255',
    '127.0.0.1',
  ],
  ...['127.1.2.3', '127.255.255.255', '168.63.129.16', '169.254.0.1', '169.254.169.254', '169.254.170.2', '172.16.0.1'],
  ...['172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1', '192.168.255.255'],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255', '::', '::1', '::2', '0:0:0:0:0:0:0:1', '::127.0.0.1', '::7f00:1', '::ffff:127.0.0.1'],
  ...[
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
  ],
  ...[
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::8.8.8.8',
    '64:ff9b:0:0:1::8.8.8.8',
    '100::1',
    '2001::1',
    '2001:0:7f00:1::',
    '2001:10::1',
  ],
  ...[
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2002:808:808::',
    '3fff::1',
    '3ffe::1',
    '4000::1',
  ],
  ...['5f00::1', 'fc00::1', 'fd00::1', 'fd00:ec2::254', 'fdff:ffff::1', 'fe80::1', 'fe80::1%lo', 'febf::1', 'fec0::1'],
  ...['ff02::1', 'ff0e::1', '', 'localhost', '127.0.0.1 ', '2130706433', '0177.0.0.1', '127.1'],
];

const permitted = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '126.255.255.255',
    '128.0.0.1',
  ],
  ...[
    '169.253.255.255',
    '169.255.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '192.169.0.1',
    '198.17.255.255',
  ],
  ...['198.20.0.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888'],
  ...['64:ff9b::8.8.8.8', '64:ff9b::808:808'],
];

describe('an address', () => {
  const policy = new AddressPolicy([]);

  it.each(refused)('%s is refused', (address) => {
    expect(policy.permits(address)).toBe(false);
  });

  it.each(permitted)('%s is permitted', (address) => {
    expect(policy.permits(address)).toBe(true);
  });

  it('that is not public is permitted by its network, and nothing beside it', () => {
    const some = new AddressPolicy(['127.0.0.2', '10.1.0.0/16', 'fd00:1::/32']);
    const expected: Record<string, boolean> = {
      '127.0.0.2': true,
      '127.0.0.1': false,
      '10.1.255.255': true,
      '10.2.0.0': false,
      'fd00:1::9': true,
      'fd00:2::9': false,
      '1.1.1.1': true,
    };
    for (const [address, permits] of Object.entries(expected))
      expect([address, some.permits(address)]).toEqual([address, permits]);
  });

  it('of this machine is refused although it is public, behind NAT64 too, unless it is allowed', () => {
    const own = () => ['9.9.9.9', '2a00::9', 'fe80::1%eth0'];
    const asking = ['9.9.9.9', '64:ff9b::9.9.9.9', '2a00::9', '2a00:0:0::9', '9.9.9.8'];
    expect(asking.map((address) => new AddressPolicy([], own).permits(address))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(new AddressPolicy(['9.9.9.9'], own).permits('9.9.9.9')).toBe(true);
  });
});
