import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkedAddresses, isAllowed } from './checkedAddresses.ts';

const forbidden = { name: 'Fault', code: 'source_forbidden', message: /a URL whose host has public addresses/ };

describe('an address that a stranger names', () => {
  it('is allowed when it is public', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.63.0.1', '100.128.0.1', '11.0.0.1']) {
      assert.equal(isAllowed(address, []), true, address);
    }
    for (const address of ['2606:4700:4700::1111', '2a00:1450:4001::200e', '2400::1']) {
      assert.equal(isAllowed(address, []), true, address);
    }
  });

  const inside: Readonly<Record<string, readonly string[]>> = {
    'of this machine': ['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '0.1.2.3', '::'],
    'of a private network': ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
    'of a link, such as that of a cloud’s metadata': [
      '169.254.169.254',
      'fe80::1',
      'fe80::1%eth0',
      '2606:4700::1%eth0',
      'fec0::1',
    ],
    'of a carrier’s translation': ['100.64.0.1', '100.100.100.200', '100.127.255.255'],
    'of many hosts at once': ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
    'set aside': ['192.0.0.8', '192.0.0.192', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
    'set aside in IPv6': [
      '240.0.0.1',
      '2001:db8::1',
      '3fff::1',
      '2001:20::1',
      '2001:100::1',
      '100::1',
      '5f00::1',
      '4000::1',
    ],
    'one of IPv4 in IPv6': ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:8.8.8.8', '::8.8.8.8', '::127.0.0.1'],
    'translated or tunnelled': ['64:ff9b::a00:1', '64:ff9b::808:808', '64:ff9b:1::1', '2002:7f00:1::', '2001::1'],
    'no address': ['', 'localhost', '8.8.8.8.8'],
  };
  for (const [kind, addresses] of Object.entries(inside)) {
    it(`is refused when it is ${kind}`, () => {
      for (const address of addresses) assert.equal(isAllowed(address, []), false, address);
    });
  }

  it('is allowed when it is in one of the operator’s own networks, and in no other', () => {
    const networks = ['10.1.0.0/16', 'fd00::/8'];
    assert.equal(isAllowed('10.1.2.3', networks), true);
    assert.equal(isAllowed('fd00::5', networks), true);
    for (const address of ['10.2.0.1', '127.0.0.1', 'fc00::1', '::ffff:10.1.2.3']) {
      assert.equal(isAllowed(address, networks), false, address);
    }
  });
});

describe('the addresses of a host', () => {
  const answer =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: 4 }));

  it('are refused all when one of them is', async () => {
    assert.equal((await checkedAddresses('a.example', [], answer('8.8.8.8', '1.1.1.1'))).length, 2);
    await assert.rejects(checkedAddresses('a.example', [], answer('8.8.8.8', '10.0.0.1')), forbidden);
    await assert.rejects(checkedAddresses('a.example', [], answer('10.0.0.1', '8.8.8.8')), forbidden);
  });

  it('are not looked up when the host is an address', async () => {
    const never = () => assert.fail('looked up');
    assert.deepEqual(await checkedAddresses('8.8.8.8', [], never), [{ address: '8.8.8.8', family: 4 }]);
    const [six] = await checkedAddresses('[2606:4700::1]', [], never);
    assert.deepEqual(six, { address: '2606:4700::1', family: 6 });
    await assert.rejects(checkedAddresses('[::1]', [], never), forbidden);
  });

  it('are refused in the same words for a name inside and a name that does not exist', async () => {
    const messages = [];
    const notFound = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    for (const resolve of [answer('10.0.0.1'), answer(), notFound]) {
      const fault = await checkedAddresses('a.example', [], resolve).catch((error: Error) => error);
      messages.push(String((fault as Error).message));
    }
    assert.equal(new Set(messages).size, 1, messages.join());
    const broken = async () => Promise.reject(Object.assign(new Error('10.9.9.9 is silent'), { code: 'EAI_AGAIN' }));
    await assert.rejects(checkedAddresses('a.example', [], broken), {
      code: 'source_unavailable',
      message: 'The host of the URL could not be looked up.',
    });
  });
});
