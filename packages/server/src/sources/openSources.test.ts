import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isAllowed, type Resolve } from './checkedAddresses.ts';
import { openSources, type SourcesSettings } from './openSources.ts';
import { plainName } from './writeBelow.ts';

const closed: SourcesSettings = {
  urls: false,
  urlHosts: [],
  urlNetworks: [],
  urlTimeoutMs: 2000,
  urlsInFlightMax: 4,
  bytesMax: 1000,
};
/** As a test needs it: its own servers are on the loopback. */
const local: SourcesSettings = { ...closed, urls: true, urlNetworks: ['127.0.0.0/8'] };

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const forbidden = { code: 'source_forbidden' };
const unavailable = { code: 'source_unavailable' };

describe('without configuration', () => {
  it('nothing is fetched, read or written', async () => {
    const sources = openSources(closed);
    const notAllowed = { ...forbidden, message: /its operator has not allowed it/ };
    await assert.rejects(sources.readUrl('http://example.org/a.png'), notAllowed);
    await assert.rejects(sources.readPath('a.png'), notAllowed);
    await assert.rejects(sources.writeResult('out', 'a.png', Buffer.from('x')), notAllowed);
  });
});

describe('an address', () => {
  it('that is public may be asked', () => {
    for (const address of ['8.8.8.8', '93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946']) {
      assert.ok(isAllowed(address, []), address);
    }
  });

  it('inside the network, of a link, of this machine or of another meaning may not', () => {
    const inside = [
      ...['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
      ...['100.64.0.1', '0.0.0.0', '0.1.2.3', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.0.8', '192.0.2.1'],
      ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '192.88.99.1'],
      ...[
        '::1',
        '::',
        'fe80::1',
        'fe80::1%eth0',
        'fc00::1',
        'fd12::1',
        'ff02::1',
        '::ffff:127.0.0.1',
        '::ffff:8.8.8.8',
      ],
      ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', '3fff::1', '::127.0.0.1', 'not an address'],
    ];
    for (const address of inside) assert.ok(!isAllowed(address, []), address);
  });

  it('of a network that the operator names may, and no other of its kind', () => {
    assert.ok(isAllowed('10.1.2.3', ['10.1.0.0/16']));
    assert.ok(!isAllowed('10.2.2.3', ['10.1.0.0/16']));
    assert.ok(!isAllowed('::ffff:10.1.2.3', ['10.1.0.0/16']));
  });

  it('range that is none is found when the server starts', () => {
    assert.throws(() => openSources({ ...local, urlNetworks: ['10.1.0.0'] }), { code: 'config_invalid' });
  });
});

describe('a URL', { timeout: 20_000 }, () => {
  it('gives the bytes behind it', async () => {
    const url = await serve((_request, response) => response.end('a picture'));
    assert.equal(String(await openSources(local).readUrl(`${url}/a.png`)), 'a picture');
  });

  it('inside the network is refused, by address and by name, and nobody is asked', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.end('secret');
    });
    const { port } = new URL(url);
    const sources = openSources({ ...closed, urls: true }, async () => [{ address: '127.0.0.1', family: 4 }]);
    const targets = [url, `http://localhost:${port}`, `http://[::1]:${port}`, `http://127.1:${port}`];
    for (const target of [
      ...targets,
      `http://0x7f000001:${port}`,
      `http://[::ffff:127.0.0.1]:${port}`,
      'http://intern/',
    ]) {
      await assert.rejects(sources.readUrl(target), forbidden, target);
    }
    assert.equal(asked, 0);
  });

  it('whose name has one address inside among others is refused', async () => {
    const both: Resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    await assert.rejects(openSources({ ...closed, urls: true }, both).readUrl('http://example.org/'), forbidden);
  });

  it('is connected to the address that was checked, whatever the name means by then', async () => {
    const url = await serve((request, response) => response.end(request.headers.host));
    let looked = 0;
    const once: Resolve = async () => {
      looked += 1;
      return [{ address: looked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    const target = `http://pictures.example:${new URL(url).port}/`;
    assert.equal(String(await openSources(local, once).readUrl(target)), new URL(target).host);
    assert.equal(looked, 1);
  });

  it('that redirects is checked at every hop, and not followed for ever', async () => {
    let asked = 0;
    const away = await serve((request, response) => {
      asked += 1;
      const to =
        request.url === '/loop' ? '/loop' : request.url === '/file' ? 'file:///etc/passwd' : 'http://10.0.0.1/';
      response
        .writeHead(302, { location: request.url === '/here' ? '/there' : request.url === '/there' ? '' : to })
        .end('end');
    });
    const ends = await serve((request, response) => {
      if (request.url === '/here') response.writeHead(302, { location: '/there' }).end();
      else response.end('there');
    });
    const sources = openSources(local);
    await assert.rejects(sources.readUrl(`${away}/inside`), forbidden);
    await assert.rejects(sources.readUrl(`${away}/file`), forbidden);
    asked = 0;
    await assert.rejects(sources.readUrl(`${away}/loop`), /at most 3 redirects/);
    assert.equal(asked, 4);
    assert.equal(String(await sources.readUrl(`${ends}/here`)), 'there');
  });

  it('of another scheme, with a password, or of a host that is not on the list is refused', async () => {
    const sources = openSources({ ...local, urlHosts: ['example.org', '*.example.net'] });
    for (const url of [
      'ftp://example.org/',
      'file:///etc/passwd',
      'http://user:word@example.org/',
      'http://127.0.0.1/',
    ]) {
      await assert.rejects(sources.readUrl(url), forbidden, url);
    }
    await assert.rejects(sources.readUrl('http://example.org.evil.example/'), forbidden);
    await assert.rejects(sources.readUrl('no url'), { code: 'invalid_request' });
  });

  it('that sends too much, says it would, or sends it compressed is not read to the end', async () => {
    const endless = await serve((request, response) => {
      if (request.url === '/says') return void response.writeHead(200, { 'content-length': '5000' }).write('x');
      if (request.url === '/gzip') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
      const timer = setInterval(() => response.write(Buffer.alloc(400)), 1);
      response.on('close', () => clearInterval(timer));
    });
    for (const where of ['/says', '/endless']) {
      await assert.rejects(openSources(local).readUrl(endless + where), /at most 1000 bytes/, where);
    }
    await assert.rejects(openSources(local).readUrl(`${endless}/gzip`), /without Content-Encoding/);
  });

  it('that answers otherwise, breaks off, or is not there at all, is unavailable in the same words', async () => {
    const broken = await serve((request, response) => {
      if (request.url === '/404') response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
    });
    const sources = openSources(local);
    await assert.rejects(sources.readUrl(`${broken}/404`), unavailable);
    const half = await sources.readUrl(`${broken}/half`).catch((error: Error) => error.message);
    const nobody = await sources.readUrl('http://127.0.0.1:1/').catch((error: Error) => error.message);
    assert.equal(half, nobody);
  });

  it('that is slow, headers or body, is given up in time; and at once when the caller leaves', async () => {
    const slow = await serve((request, response) => {
      if (request.url === '/body') response.write('x');
    });
    const sources = openSources({ ...local, urlTimeoutMs: 200 });
    for (const where of ['/headers', '/body']) await assert.rejects(sources.readUrl(slow + where), /within 200 ms/);
    const leaving = new AbortController();
    const waiting = openSources(local).readUrl(`${slow}/body`, leaving.signal);
    setTimeout(() => leaving.abort(), 50);
    await assert.rejects(waiting, { code: 'cancelled' });
  });

  it('beyond the number of those fetched at once is overload', async () => {
    const slow = await serve(() => {});
    const sources = openSources({ ...local, urlsInFlightMax: 2, urlTimeoutMs: 300 });
    const two = [sources.readUrl(slow), sources.readUrl(slow)].map((one) => assert.rejects(one, unavailable));
    await assert.rejects(sources.readUrl(slow), { code: 'overloaded' });
    await Promise.all(two);
    await assert.rejects(sources.readUrl(slow), unavailable, 'the places are free again');
  });
});

describe('a path', { timeout: 20_000 }, () => {
  let top = '';
  let sources: ReturnType<typeof openSources>;
  before(async () => {
    top = await mkdtemp(path.join(os.tmpdir(), 'segserve-sources-'));
    await mkdir(path.join(top, 'in/sub'), { recursive: true });
    await mkdir(path.join(top, 'in-beside'));
    await mkdir(path.join(top, 'out'));
    await writeFile(path.join(top, 'secret.txt'), 'secret');
    await writeFile(path.join(top, 'in-beside/secret.txt'), 'secret');
    await writeFile(path.join(top, 'in/sub/a.png'), 'a picture');
    await writeFile(path.join(top, 'in/large.png'), Buffer.alloc(1001));
    await symlink(path.join(top, 'secret.txt'), path.join(top, 'in/link.png'));
    await symlink(top, path.join(top, 'in/up'));
    await symlink(path.join(top, 'nowhere'), path.join(top, 'in/dangling.png'));
    await symlink(path.join(top, 'in/sub/a.png'), path.join(top, 'in/fine.png'));
    await symlink(top, path.join(top, 'out/up'));
    execFileSync('mkfifo', [path.join(top, 'in/pipe')]);
    sources = openSources({ ...closed, readFolder: path.join(top, 'in'), writeFolder: path.join(top, 'out') });
  });
  after(() => rm(top, { recursive: true }));

  it('below the folder is read, also by a link that stays inside and by its absolute name', async () => {
    for (const name of ['sub/a.png', './sub/../sub/a.png', 'fine.png', path.join(top, 'in/sub/a.png')]) {
      assert.equal(String(await sources.readPath(name)), 'a picture', name);
    }
  });

  it('that leads out, by dots, links or absolute names, is forbidden whether something is there or not', async () => {
    const names = [
      '../secret.txt',
      '../nothing.txt',
      '/etc/passwd',
      '/nothing',
      'link.png',
      'up/secret.txt',
      'dangling.png',
    ];
    for (const name of [...names, '../in-beside/secret.txt', 'sub/a.png\0.txt', 'sub/../../secret.txt']) {
      await assert.rejects(sources.readPath(name), forbidden, name);
    }
  });

  it('of a folder, a pipe, a large file or nothing is unavailable, and is not waited for', async () => {
    for (const name of ['sub', '.', 'pipe', 'large.png', 'nothing.png', 'sub/a.png/b']) {
      await assert.rejects(sources.readPath(name), unavailable, name);
    }
  });

  it('of a result lies in the folder for results and never takes another’s place', async () => {
    const first = await sources.writeResult('mine', 'a.png', Buffer.from('1'));
    const second = await sources.writeResult('mine', 'a.png', Buffer.from('2'));
    assert.deepEqual([path.basename(first), path.basename(second)], ['a.png', 'a-2.png']);
    assert.equal(await readFile(first, 'utf8'), '1');
    for (const folder of ['../elsewhere', '/etc', 'up', 'up/x', 'a\0b']) {
      await assert.rejects(sources.writeResult(folder, 'a.png', Buffer.from('x')), forbidden, folder);
    }
  });

  it('of a result has a plain name, whatever was asked for', () => {
    assert.equal(plainName('../../etc/passwd'), '_.._etc_passwd');
    assert.equal(plainName('.hidden'), 'hidden');
    assert.equal(plainName('...'), 'result');
    assert.ok(Buffer.byteLength(plainName(`${'ä'.repeat(500)}.png`)) <= 204);
    assert.match(plainName(`${'a'.repeat(500)}.png`), /a\.png$/);
  });
});
