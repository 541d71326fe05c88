import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { ChainManifestSchema, InstancesSchema, PolygonsSchema } from '@segserve/contract';
import { parse } from 'yaml';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { builtInModels, findModels } from '../packages/server/src/models/repository.ts';
import { cropAround } from '../packages/server/src/pipeline/chain/cropAround.ts';
import { pasteMax } from '../packages/server/src/pipeline/chain/pasted.ts';
import { pixelsOf, rgb } from '../packages/server/src/pipeline/testing/pictures.ts';
import { writeChain } from './support/chainPackages.ts';
import { answered, grey, height, open, photo, width } from './support/chainRepository.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte } from './support/tinyPackages.ts';

describe('packages and the chains that are made of them', () => {
  test('they answer beside each other', async () => {
    const models = ['cutter', 'matte', 'best', 'cutter', 'finder', 'nested', 'matte'];
    const alone = [];
    for (const model of models) alone.push((await answered(model, 'labels')).bytes);
    const beside = await Promise.all(models.map((model) => answered(model, 'labels')));
    assert.deepEqual(
      beside.map(({ bytes }) => bytes),
      alone,
    );
  });

  test('a chain must give the golden answers that it comes with', async () => {
    const folder = temporaryFolder();
    writeRedMatte(folder, 'matte');
    const golden = [{ image: 'photo.png', expected: 'alpha.png' }];
    const stages = [{ name: 'only', kind: 'model', model: 'matte' }] as const;
    const alpha = (await answered('matte', 'alpha')).bytes;
    for (const [name, expected] of [
      ['right', alpha],
      [
        'wrong',
        await rgb(Buffer.alloc(width * height * 3), width, height)
          .png()
          .toBuffer(),
      ],
    ] as const) {
      writeChain(folder, name, [...stages], { golden });
      writeFileSync(path.join(folder, name, '1', 'photo.png'), photo);
      writeFileSync(path.join(folder, name, '1', 'alpha.png'), expected);
    }
    const models = await findModels([folder]);
    const own = await openInProcess({ models, limits: defaultLimits, threads: 1 });
    after(() => own.close());
    assert.equal(own.model('right').error, null);
    assert.match(
      own.model('wrong').error ?? '',
      /^wrong:1: golden photo\.png: expected a mean difference of at most 1 of 255/,
    );
    await assert.rejects(own.unload('matte'), /a part of the chain right:1/);
    await own.unload('right');
    await own.unload('matte'); // a chain that failed needs nothing
  });

  test('a chain opens its packages itself where nobody asks for them by name', async () => {
    const own = await open('cutter');
    assert.deepEqual(
      own.models().map(({ name }) => name),
      ['cutter'],
    );
    assert.deepEqual((await answered('cutter', 'alpha', {}, own)).bytes, (await answered('cutter', 'alpha')).bytes);
  });

  test('a package stays while a chain needs it, and goes after the chain', async () => {
    const own = await open('finder', 'matte', 'cutter');
    await assert.rejects(own.unload('matte'), {
      code: 'invalid_request',
      message: 'matte:1 is a part of the chain cutter:1, which is loaded: unload that first.',
    });
    await own.unload('cutter');
    await assert.rejects(answered('cutter', 'alpha', {}, own), { code: 'model_not_ready' });
    assert.ok((await answered('matte', 'alpha', {}, own)).bytes.length > 0, 'what was loaded by name stays');
    await own.unload('matte');
    await own.unload('finder');
    await own.load('cutter');
    assert.ok((await answered('cutter', 'alpha', {}, own)).bytes.length > 0, 'it brings its packages along');
    await assert.rejects(answered('matte', 'alpha', {}, own), { code: 'model_not_ready' });
    await own.load('matte');
    assert.ok((await answered('matte', 'alpha', {}, own)).bytes.length > 0);
  });
});

test('the built-in models chain as tiny ones do', async () => {
  const folder = temporaryFolder();
  const crops = { kind: 'crops', of: 'rough', margin: 0.2, most: 3 } as const;
  writeChain(folder, 'people', [
    { name: 'rough', kind: 'model', model: 'portrait' },
    { ...crops, name: 'close', model: 'portrait', minArea: 400 },
  ]);
  writeChain(folder, 'cells', [
    { name: 'rough', kind: 'model', model: 'nuclei' },
    { ...crops, name: 'close', model: 'nuclei', margin: 1, paste: 'things' },
  ]);
  const own = await openInProcess({
    models: await findModels([builtInModels(), folder]),
    limits: defaultLimits,
    threads: 1,
    checkGoldens: false,
  });
  after(() => own.close());
  const image = readFileSync(new URL('../examples/astronaut.jpg', import.meta.url));
  const polygons = await answered(
    'portrait',
    'polygons',
    { image, answers: [{ kind: 'polygons', minArea: 400 }] },
    own,
  );
  const { regions } = PolygonsSchema.parse(JSON.parse(Buffer.from(polygons.bytes).toString()));
  const size = { width: polygons.width, height: polygons.height };
  const byHand = new Uint8Array(size.width * size.height);
  const whole = await pixelsOf(image);
  assert.ok(regions.length > 0 && whole.channels === 3);
  for (const { box } of regions.slice(0, 3)) {
    const crop = cropAround(box, 0.2, size);
    const { x: left, y: top, width, height } = crop;
    const cutOut = await rgb(whole.data, size.width, size.height)
      .extract({ left, top, width, height })
      .png()
      .toBuffer();
    const part = await grey((await answered('portrait', 'alpha', { image: cutOut }, own)).bytes);
    pasteMax(byHand, size.width, part, crop);
  }
  const chained = await grey((await answered('people', 'alpha', { image }, own)).bytes);
  assert.deepEqual(chained, byHand);

  const cells = readFileSync(new URL('../examples/nuclei-fluorescence.png', import.meta.url));
  const { bytes, stages } = await answered('cells', 'instances', { image: cells }, own);
  const { instances } = InstancesSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  assert.ok(instances.length > 0 && instances.length <= 3);
  assert.equal(stages?.[1]?.runs, 3);
});

test('a chain whose files are not there, or that brings a trimap, is refused', async () => {
  const folder = temporaryFolder();
  writeRedMatte(folder, 'matte');
  const words = { image: 'photo.png', expected: 'alpha.png' };
  const stages = [{ name: 'only', kind: 'model', model: 'matte' }] as const;
  writeChain(folder, 'over', [...stages], { golden: [words] });
  await assert.rejects(findModels([folder]), /over.1.model\.yaml: names the file "photo\.png", which is not there/);
  writeChain(folder, 'over', [...stages], { golden: [{ ...words, trimap: 'trimap.png' }] });
  await assert.rejects(findModels([folder]), /golden: expected no trimap, since a chain makes its own; found one/);
});

test('every chain of the how-to is one that the manifest knows', () => {
  const text = readFileSync(new URL('../docs/how-to/chains.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => parse(block!));
  assert.ok(blocks.length >= 6);
  const kinds = blocks.flatMap((block) => {
    const { stages } = ChainManifestSchema.parse({ schema: 1, name: 'c', version: '1', task: 'chain', ...block });
    return stages.map(({ kind }) => kind);
  });
  assert.deepEqual([...new Set(kinds)].toSorted(), ['crops', 'model', 'panoptic', 'prompts', 'route']);
});
