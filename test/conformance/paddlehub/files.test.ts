import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { Sources } from '../../../packages/server/src/domain/sources.ts';
import { openSources } from '../../../packages/server/src/sources/openSources.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { closedSources } from '../../support/wireServer.ts';
import { hubServer, photo, pictureOf, predict } from './hubServer.ts';

interface Written {
  readonly folder: string;
  readonly name: string;
  readonly format: string | undefined;
  readonly channels: number | undefined;
}

/** A folder of pictures of known widths, and one for results, in memory. */
function pictureSources(): { sources: Sources; written: Written[] } {
  const written: Written[] = [];
  const widths: Readonly<Record<string, number>> = { '/in/a.jpg': 11, '/in/b.tar.png': 12, c: 13 };
  return {
    written,
    sources: {
      ...closedSources,
      readPath: async (path) => {
        const width = widths[path];
        if (width === undefined) throw new Fault('source_unavailable', 'Nothing there.');
        return Buffer.from(await photo(width, 5), 'base64');
      },
      writeResult: async (folder, name, bytes) => {
        const { format, channels } = await pictureOf(Buffer.from(bytes).toString('base64'));
        written.push({ folder, name, format, channels });
        return `${folder}/${name}`;
      },
    },
  };
}

/** What an operator has allowed who has allowed nothing. */
const nothing = { urls: false, urlHosts: [], urlNetworks: [], urlTimeoutMs: 1, urlsInFlightMax: 1, bytesMax: 1e6 };

const picture = await photo(40, 5);
const widthsOf = (results: unknown) =>
  Promise.all((results as { data: string }[]).map(async ({ data }) => (await pictureOf(data)).width));

describe('paths', () => {
  it('are refused with a reason where the operator has not allowed them', async () => {
    const server = await hubServer();
    const { body } = await predict(server, { images: [], paths: ['/etc/passwd'] });
    assert.deepEqual(body, { status: '101', msg: 'Paths are switched off here.', results: '' });
    assert.equal(server.requests.length, 0);
  });

  it('come before images, and count in the batches', async () => {
    const server = await hubServer({ sources: pictureSources().sources });
    const { body } = await predict(server, { images: [picture], paths: ['/in/a.jpg', '/in/b.tar.png'], batch_size: 2 });
    assert.deepEqual(await widthsOf(body?.results), [11, 12, 40]);
    const alone = await predict(server, { images: [], paths: ['/in/b.tar.png'] });
    assert.deepEqual(await widthsOf(alone.body?.results), [12]);
  });

  it('that are empty or null are none', async () => {
    const server = await hubServer();
    for (const paths of [[], null, '', {}, 0]) {
      assert.equal((await predict(server, { images: [], paths })).body?.status, '000');
    }
  });

  const wrong: [unknown, string][] = [
    [['/in/nothing.png'], "The /in/nothing.png isn't a valid file path."],
    [[3], 'stat: path should be string, bytes, os.PathLike or integer, not int'],
    [[null], 'stat: path should be string, bytes, os.PathLike or integer, not NoneType'],
    [7, "'int' object is not iterable"],
    [true, "'bool' object is not iterable"],
    ['/in/a.jpg', "The / isn't a valid file path."],
  ];
  for (const [paths, msg] of wrong) {
    it(`say of ${JSON.stringify(paths)} what Python would`, async () => {
      const server = await hubServer({ sources: pictureSources().sources });
      assert.deepEqual((await predict(server, { images: [], paths })).body, { status: '101', msg, results: '' });
    });
  }

  it('may stand in `data` where the module had them there', async () => {
    const settings = { modules: ['deeplabv3p_xception65_humanseg'] };
    const server = await hubServer({ settings, sources: pictureSources().sources });
    const module = settings.modules[0]!;
    const { body } = await predict(server, { images: [], paths: ['/in/a.jpg'], data: { image: ['c'] } }, { module });
    assert.deepEqual(await widthsOf(body?.results), [11, 13]);
    const alone = await predict(server, { images: [], data: { image: ['c'] } }, { module });
    assert.deepEqual(await widthsOf(alone.body?.results), [13]);
  });
});

describe('visualization', () => {
  it('fails where nothing may be written: a success would be a lie', async () => {
    const { body } = await predict(await hubServer(), { images: [picture], visualization: true });
    assert.deepEqual(body, { status: '101', msg: 'Writing is switched off here.', results: '' });
  });

  it('writes the picture with its opacity under its own name, or under the time it came', async () => {
    const { sources, written } = pictureSources();
    const server = await hubServer({ sources });
    const before = Date.now() * 1000;
    const paths = ['/in/a.jpg', '/in/b.tar.png', 'c'];
    const { results } = await predict(server, { images: [picture], paths, visualization: true });
    assert.deepEqual(await widthsOf(results), [11, 12, 13, 40]);
    assert.equal((await pictureOf((results as [{ data: string }])[0].data)).format, 'jpeg');
    assert.deepEqual(Object.keys((results as object[])[0] ?? {}), ['data'], 'save_path is dropped over HTTP');
    assert.deepEqual(new Set(written.map(({ folder }) => folder)), new Set(['humanseg_server_output']));
    assert.deepEqual(new Set(written.map(({ format, channels }) => `${format} ${channels}`)), new Set(['png 4']));
    const names = written.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 3), ['a.png', 'b.tar.png', 'c.png']);
    const [, time] = /^ndarray_time=(\d{16})\.png$/.exec(names[3] ?? '') ?? [];
    assert.ok(Number(time) >= before - 1e6 && Number(time) <= Date.now() * 1000 + 1e6, names[3]);
    const [, cutout] = server.requests[0]!.answers;
    assert.deepEqual(cutout, { kind: 'cutout', format: 'png', keepColors: true, decontaminate: false });
  });

  it('leaves a file of that name alone', async () => {
    const folder = temporaryFolder();
    const sources = openSources({ ...nothing, writeFolder: folder, readFolder: folder });
    const server = await hubServer({ sources });
    writeFileSync(path.join(folder, 'a.jpg'), Buffer.from(picture, 'base64'));
    for (const _ of [1, 2]) {
      const { body } = await predict(server, { images: [], paths: ['a.jpg'], visualization: true, output_dir: 'out' });
      assert.equal(body?.status, '000', String(body?.msg));
    }
    assert.deepEqual(readdirSync(path.join(folder, 'out')).toSorted(), ['a-2.png', 'a.png']);
    const outside = await predict(server, { images: [], paths: ['../a.jpg'] });
    assert.match(String(outside.msg), /does not stay inside the folder/);
    const missing = await predict(server, { images: [], paths: ['b.jpg'] });
    assert.equal(missing.msg, "The b.jpg isn't a valid file path.");
  });

  it('names the folder by output_dir or save_path, whichever the module has', async () => {
    const { sources, written } = pictureSources();
    const models = { ace2p: 'people', bisenetv2_cityscapes: 'street' };
    const settings = { models, modules: ['deeplabv3p_xception65_humanseg', 'modnet_hrnet18_matting'] };
    const server = await hubServer({ sources, settings });
    const ask = (module: string, options: object) =>
      predict(server, { images: [picture], visualization: true, ...options }, { module });
    await ask('ace2p', {});
    await ask('deeplabv3p_xception65_humanseg', { output_dir: 'people' });
    await ask('bisenetv2_cityscapes', { save_path: 'streets' });
    await ask('modnet_hrnet18_matting', {});
    const folders = ['ace2p_output', 'people', 'streets/image', 'streets/mask', 'modnet_hrnet18_matting_output'];
    assert.deepEqual(
      written.map(({ folder }) => folder),
      folders,
    );
    assert.deepEqual(
      written.map(({ channels }) => channels),
      [1, 4, 3, 1, 1],
    );
    for (const { name } of written.slice(2)) assert.match(name, /^\d{10}\.\d{6}\.png$/);
    const [, saved] = server.requests[1]!.answers;
    assert.deepEqual(saved?.levels, { from: 120, to: 255 });
  });

  it('is what Python takes for true', async () => {
    const { sources, written } = pictureSources();
    const server = await hubServer({ sources });
    for (const visualization of [1, 'False', [0]]) await predict(server, { images: [picture], visualization });
    assert.equal(written.length, 3);
    for (const visualization of [0, '', null, []]) await predict(server, { images: [picture], visualization });
    assert.equal(written.length, 3);
    const { body } = await predict(server, { images: [picture], visualization: true, output_dir: 3 });
    assert.equal(body?.msg, 'expected str, bytes or os.PathLike object, not int');
  });
});
