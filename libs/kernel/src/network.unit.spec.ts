import { describe, expect, it } from 'vitest';
import { callerAddress, coarser, network, networkOf } from './network.js';

describe('of an address only its network is kept', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['203.0.113.77:51234', '203.0.113.0/24'],
    [' 203.0.113.77 ', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['::FFFF:cb00:714d', '203.0.113.0/24'],
    ['[::ffff:203.0.113.77]:443', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1::/48'],
    ['2001:db8::9', '2001:db8::/48'],
    ['2001:0:1:ff::', '2001:0:1::/48'],
    ['fe80::1ff:fe23:4567:890a%eth0', 'fe80::/48'],
    ['::1', '::/48'],
    ['64:ff9b::203.0.113.77', '64:ff9b::/48'],
    ['2002:cb00:714d::1', '2002:cb00:7100::/40'],
  ])('%s is in %s', (address, expected) => {
    expect(networkOf(address)).toBe(expected);
    expect(callerAddress.parse(address)).toBe(expected);
    expect(network.safeParse(expected).success).toBe(true);
  });

  it.each(['', 'localhost', '203.0.113', '203.0.113.777', '203.0.113.77, 10.0.0.1', '2001:db8', '1::2::3', 'unknown', '203.0.113.77%eth0', '[203.0.113.77', '203.0.113.77/24'])(
    '%j is no address, and is not kept as it came',
    (address) => {
      expect(networkOf(address)).toBeUndefined();
      expect(callerAddress.safeParse(address)).toMatchObject({ success: false, error: { issues: [{ message: 'not an IP address' }] } });
    },
  );

  it('a policy may keep less, and never more', () => {
    expect(networkOf('203.0.113.77', { ipv4: 16, ipv6: 32 })).toBe('203.0.0.0/16');
    expect(networkOf('203.0.113.77', { ipv4: 20, ipv6: 32 })).toBe('203.0.112.0/20');
    expect(networkOf('2001:db8:1:2::9', { ipv4: 16, ipv6: 40 })).toBe('2001:db8::/40');
    expect(networkOf('203.0.113.77', { ipv4: 32, ipv6: 128 })).toBe('203.0.113.0/24');
    expect(networkOf('2001:db8:1:2::9', { ipv4: 32, ipv6: 128 })).toBe('2001:db8:1::/48');
  });

  it('what was cut already is cut again where a policy keeps less', () => {
    expect(coarser('203.0.113.0/24', { ipv4: 16, ipv6: 48 })).toBe('203.0.0.0/16');
    expect(coarser('2001:db8:1::/48', { ipv4: 16, ipv6: 48 })).toBe('2001:db8:1::/48');
    expect(coarser('2002:cb00:7100::/40', { ipv4: 24, ipv6: 48 })).toBe('2002:cb00:7100::/40');
  });

  it.each(['203.0.113.77/32', '203.0.113.77', '203.0.113.1/24', '2001:db8:1:2::/64', '2001:db8:1:2::/48', 'x/24', '203.0.113.0/25', '2002:cb00:714d::/48'])('%s is not told on', (text) => {
    expect(network.safeParse(text).success).toBe(false);
  });
});
