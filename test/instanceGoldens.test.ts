import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { loadPackage } from '../packages/server/src/models/loadPackage.ts';
import { findModels } from '../packages/server/src/models/repository.ts';
import { encodePng } from '../packages/server/src/pipeline/encode/png.ts';
import { instanceGraph } from '../packages/server/src/pipeline/testing/instanceGraphs.ts';
import { png } from '../packages/server/src/pipeline/testing/pictures.ts';
import { writeChain } from './support/chainPackages.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte } from './support/tinyPackages.ts';

const root = temporaryFolder();
const side = 64;
/** One thing from 16, 16 to 32, 32 where the picture is red. */
const graph = instanceGraph({
  input: [side, side],
  given: [{ name: 'output0', dims: [1, 7, 1], values: [24, 24, 16, 16, 0.9, 0.1, 1] }],
  planes: { name: 'output1', stride: 4, channels: [[40, 0, 0, -20]] },
});
const red = Buffer.alloc(side * side * 3);
for (let at = 0; at < red.length; at += 3) red[at] = 255;
const picture = await png(red, side, side);

/** A 16-bit map with `id` from 16 to 32 across and from `top` to 32 down. */
function ids(top: number, id: number): Uint16Array {
  const data = new Uint16Array(side * side);
  for (let y = top; y < 32; y++) data.fill(id, y * side + 16, y * side + 32);
  return data;
}

async function write(name: string, data: Uint16Array | Uint8Array, changes: object = {}): Promise<string> {
  const folder = path.join(root, name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'graph.onnx'), graph);
  writeFileSync(path.join(folder, 'red.png'), picture);
  writeFileSync(path.join(folder, 'ids.png'), await encodePng({ data, width: side, height: data.length / side }));
  const manifest = {
    schema: 1,
    name,
    version: '1',
    task: 'instance',
    licence: 'CC0-1.0',
    graph: 'graph.onnx',
    labels: ['cup', 'spoon'],
    input: { size: { rule: 'fixed', width: side, height: side } },
    output: { family: 'yolo' },
    golden: [{ image: 'red.png', expected: 'ids.png', compare: 'instances' }],
    ...changes,
  };
  writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(manifest));
  return folder;
}

async function errorOf(folder: string): Promise<string | null> {
  const engine = await openInProcess({
    models: [await loadPackage(folder)],
    limits: defaultLimits,
    threads: 1,
    checkGoldens: true,
  });
  try {
    return engine.models()[0]!.error;
  } finally {
    await engine.close();
  }
}

describe('a golden that is compared by instances', () => {
  test('is met where the same things are found, whatever their ids, their class and some of their edge', async () => {
    assert.equal(await errorOf(await write('same', ids(16, 1))), null);
    assert.equal(await errorOf(await write('near', ids(20, 999))), null);
  });

  test('is not met where a thing is missing, lies elsewhere or is one too many; the model says which picture and how far', async () => {
    const says = (share: string) => `golden red.png: expected 0.99 of the instances to be found again, found ${share}.`;
    assert.equal(await errorOf(await write('none', ids(32, 1))), `none:1: ${says('0.0000')}`);
    assert.equal(await errorOf(await write('half', ids(25, 1))), `half:1: ${says('0.0000')}`);
    const two = ids(16, 1);
    two.fill(2, 0, 10);
    assert.equal(await errorOf(await write('two', two)), `two:1: ${says('0.5000')}`);
    const golden = [{ image: 'red.png', expected: 'ids.png', compare: 'instances', minAgreement: 0.5 }];
    assert.equal(await errorOf(await write('enough', two, { golden })), null);
  });

  test('says what it expects where its map is no map of ids, or of another size', async () => {
    assert.match(
      (await errorOf(await write('eight', new Uint8Array(side * side)))) ?? '',
      /expected a 16-bit grey PNG of ids/,
    );
    const low = new Uint16Array(side * 32);
    assert.match((await errorOf(await write('low', low))) ?? '', /golden answer of 64×64 pixels, found 64×32/);
  });

  test('is not met by a chain whose answer has no instances, and met by one whose answer has', async () => {
    const folder = temporaryFolder();
    writeRedMatte(folder, 'matte');
    cpSync(await write('cups', ids(16, 1), { golden: [] }), path.join(folder, 'cups', '1'), { recursive: true });
    const golden = [{ image: 'red.png', expected: 'ids.png', compare: 'instances' as const }];
    for (const model of ['matte', 'cups']) {
      const name = `of-${model}`;
      writeChain(folder, name, [{ name: 'only', kind: 'model', model }], { golden });
      const own = path.join(folder, name, '1');
      writeFileSync(path.join(own, 'red.png'), picture);
      writeFileSync(path.join(own, 'ids.png'), await encodePng({ data: ids(16, 1), width: side, height: side }));
    }
    const models = await findModels([folder]);
    const engine = await openInProcess({ models, limits: defaultLimits, threads: 1 });
    try {
      assert.equal(engine.model('of-cups').error, null);
      const says =
        'of-matte:1: golden red.png: expected an answer of instances for compare: instances, found one of task';
      assert.equal(engine.model('of-matte').error, `${says} matting.`);
    } finally {
      await engine.close();
    }
  });

  test('is refused of a task that finds nothing one by one', async () => {
    const folder = await write('pixels', ids(16, 1), { task: 'semantic', output: { kind: 'logits' } });
    await assert.rejects(loadPackage(folder), /compare: instances needs task: instance or panoptic.*found semantic/);
  });
});
