import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { openSources } from './openSources.ts';
import { plainName } from './writeBelow.ts';

const top = mkdtempSync(path.join(tmpdir(), 'segserve-test-'));
after(() => rmSync(top, { recursive: true, force: true }));
const folder = path.join(top, 'pictures');
mkdirSync(path.join(folder, 'sub'), { recursive: true });
mkdirSync(path.join(top, 'pictures-too'));
writeFileSync(path.join(folder, 'sub', 'a.png'), 'picture a');
writeFileSync(path.join(top, 'secret.png'), 'secret');
writeFileSync(path.join(top, 'pictures-too', 'secret.png'), 'secret');

const off = { urls: false, urlHosts: [], urlNetworks: [], urlTimeoutMs: 1000, urlsInFlightMax: 1, bytesMax: 1000 };
const sources = openSources({ ...off, readFolder: folder, writeFolder: folder });
const outside = {
  name: 'Fault',
  code: 'source_forbidden',
  message: 'The path does not stay inside the folder that this server may use.',
};
const missing = { code: 'source_unavailable', message: 'There is no such file that can be read.' };

describe('a picture named by its path', () => {
  it('is read below the folder, by a relative or an absolute path, and through links that stay inside', async () => {
    symlinkSync('sub', path.join(folder, 'inner'));
    symlinkSync(path.join(folder, 'sub', 'a.png'), path.join(folder, 'b.png'));
    for (const name of ['sub/a.png', './sub/../sub/a.png', path.join(folder, 'sub/a.png'), 'inner/a.png', 'b.png']) {
      assert.equal(String(await sources.readPath(name)), 'picture a', name);
    }
    const throughLink = path.join(top, 'link-to-pictures');
    symlinkSync(folder, throughLink);
    const linked = openSources({ ...off, readFolder: throughLink });
    assert.equal(String(await linked.readPath('sub/a.png')), 'picture a');
  });

  it('is refused outside, in the same words whether it is there or not', async () => {
    const names = [
      '../secret.png',
      '../nothing.png',
      '../pictures-too/secret.png',
      'sub/../../secret.png',
      path.join(top, 'secret.png'),
      '/etc/passwd',
      '/etc/nothing',
      '..',
      '/',
      'sub/a.png\0.txt',
    ];
    for (const name of names) await assert.rejects(sources.readPath(name), outside, name);
  });

  it('is refused behind a link that leads out, in the same words whether it is there or not', async () => {
    symlinkSync(path.join(top, 'secret.png'), path.join(folder, 'out.png'));
    symlinkSync(top, path.join(folder, 'out'));
    symlinkSync(path.join(top, 'pictures-too'), path.join(folder, 'too'));
    symlinkSync(path.join(top, 'nothing'), path.join(folder, 'dangling'));
    for (const name of [
      'out.png',
      'out/secret.png',
      'out/nothing.png',
      'out/pictures/sub/a.png',
      'too/secret.png',
      'dangling',
    ]) {
      await assert.rejects(sources.readPath(name), outside, name);
    }
  });

  it('has to be a regular file, not too large', async () => {
    execFileSync('mkfifo', [path.join(folder, 'pipe')]);
    for (const name of ['nothing.png', 'sub', '', '.', 'sub/a.png/b', 'pipe', 'x'.repeat(300)]) {
      await assert.rejects(sources.readPath(name), missing, name);
    }
    writeFileSync(path.join(folder, 'exact'), Buffer.alloc(1000));
    writeFileSync(path.join(folder, 'large'), Buffer.alloc(1001));
    assert.equal((await sources.readPath('exact')).length, 1000);
    await assert.rejects(sources.readPath('large'), { code: 'source_unavailable', message: /at most 1000 bytes/ });
  });

  it('is refused where the operator has named no folder', async () => {
    await assert.rejects(openSources(off).readPath('sub/a.png'), {
      code: 'source_forbidden',
      message: /reads no files/,
    });
  });
});

describe('a result', () => {
  const results = path.join(top, 'results');
  mkdirSync(results);
  const writing = openSources({ ...off, writeFolder: results });

  it('is written into folders that are made for it, and its path told', async () => {
    const file = await writing.writeResult('of/today', 'mask.png', Buffer.from('one'));
    assert.equal(file, path.join(results, 'of/today/mask.png'));
    assert.equal(readFileSync(file, 'utf8'), 'one');
    assert.equal(await writing.writeResult('', 'mask.png', Buffer.from('top')), path.join(results, 'mask.png'));
    const absolute = await writing.writeResult(path.join(results, 'of'), 'mask.png', Buffer.from('absolute'));
    assert.equal(absolute, path.join(results, 'of/mask.png'));
  });

  it('never replaces another: it gets the next free name, beside links that lead nowhere too', async () => {
    symlinkSync(path.join(top, 'nothing'), path.join(results, 'same-2.png'));
    const names = [];
    for (const text of ['1', '2', '3']) {
      names.push(path.basename(await writing.writeResult('.', 'same.png', Buffer.from(text))));
    }
    assert.deepEqual(names, ['same.png', 'same-3.png', 'same-4.png']);
    assert.equal(readFileSync(path.join(results, 'same.png'), 'utf8'), '1');
    assert.throws(() => readFileSync(path.join(top, 'nothing')));
  });

  it('does not leave the folder, by its own name, its folder or a link', async () => {
    symlinkSync(top, path.join(results, 'out'));
    const before = readdirSync(top).toSorted();
    for (const below of ['..', '../else', '/etc', 'out', 'out/new', 'a\0b', 'a/'.repeat(17), 'y'.repeat(300)]) {
      await assert.rejects(writing.writeResult(below, 'x.png', Buffer.from('x')), outside, below.slice(0, 20));
    }
    const file = await writing.writeResult('', '../../x.png', Buffer.from('x'));
    assert.equal(file, path.join(results, '_.._x.png'));
    assert.deepEqual(readdirSync(top).toSorted(), before);
    await assert.rejects(writing.writeResult('mask.png', 'x.png', Buffer.from('x')), { code: 'source_unavailable' });
  });

  it('is refused where the operator has named no folder', async () => {
    const refused = { code: 'source_forbidden', message: /writes no files/ };
    await assert.rejects(openSources(off).writeResult('', 'x.png', Buffer.from('x')), refused);
  });
});

describe('plainName', () => {
  it('makes one name of whatever came', () => {
    const cases: [name: string, plain: string][] = [
      ['mask.png', 'mask.png'],
      ['Foto ä 1.png', 'Foto ä 1.png'],
      ['a/b\\c:d.png', 'a_b_c_d.png'],
      ['../../etc/passwd', '_.._etc_passwd'],
      ['.hidden', 'hidden'],
      ['a\0b\n.png', 'a_b_.png'],
      ['', 'result'],
      ['...', 'result'],
      ['a.png. ', 'a.png'],
      [`${'x'.repeat(300)}.png`, `${'x'.repeat(196)}.png`],
      [`${'😀'.repeat(100)}.png`, `${'😀'.repeat(49)}.png`],
    ];
    for (const [name, plain] of cases) assert.equal(plainName(name), plain, name.slice(0, 20));
  });
});
