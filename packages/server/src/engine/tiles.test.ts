import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { defaultLimits } from '../domain/limits.ts';
import { loadPackage } from '../models/loadPackage.ts';
import { png } from '../pipeline/testing/pictures.ts';
import { texture, valuesOf } from '../pipeline/tiled/testing/answered.ts';
import { convolution } from '../pipeline/tiled/testing/convolution.ts';
import { openInProcess } from './inProcess.ts';

const [width, height] = [260, 180];

/** Packages on disk, prepared as they are in a server: fused and plain, of fixed and of any size. */
const inputs = {
  free: { size: { rule: 'free' }, overlap: 32 },
  plain: { size: { rule: 'free' }, overlap: 32 },
  tile: { size: { rule: 'fixed', width: 96, height: 64 }, fit: 'tile', overlap: 32 },
  'in-graph': { size: { rule: 'fixed', width: 96, height: 64 }, resizeIn: 'graph', overlap: 32 },
} as const;

describe('an engine', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'segserve-tiles-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function engineOf(name: keyof typeof inputs, limits = {}) {
    const home = path.join(folder, name);
    await mkdir(home, { recursive: true });
    await writeFile(path.join(home, 'net.onnx'), convolution({ classes: 5, depth: 4 }));
    const manifest = {
      schema: 1,
      name,
      version: '1',
      task: 'semantic',
      licence: 'none',
      graph: 'net.onnx',
      input: inputs[name],
      output: { kind: 'logits' },
      labels: ['a', 'b', 'c', 'd', 'e'],
      fusion: name === 'plain' ? 'off' : 'auto',
    };
    await writeFile(path.join(home, 'model.yaml'), JSON.stringify(manifest));
    const models = [await loadPackage(home)];
    return openInProcess({ models, limits: { ...defaultLimits, ...limits }, threads: 1 });
  }

  it('gives tiles of every form of graph the classes of the whole picture', async () => {
    const image = await png(texture(width, height), width, height);
    let whole: Buffer | undefined;
    for (const name of ['free', 'plain', 'tile', 'in-graph'] as const) {
      const engine = await engineOf(name);
      try {
        const labels = [{ kind: 'labels' }] as const;
        if (name === 'free') {
          whole = Buffer.from(await valuesOf(await engine.segment({ model: name, image, answers: labels })));
        }
        const tile = name === 'tile' ? {} : { tile: { width: 96, height: 64 } };
        const made = await engine.segment({ model: name, image, answers: labels, ...tile });
        assert.deepEqual(Buffer.from(await valuesOf(made)), whole, name);
      } finally {
        await engine.close();
      }
    }
  });

  it('answers a picture beyond imagePixelsMax in tiles, and one beyond tiledPixelsMax not at all', async () => {
    const engine = await engineOf('free', { imagePixelsMax: 20_000, tiledPixelsMax: 60_000 });
    try {
      const image = await png(texture(width, height), width, height);
      const request = { model: 'free', image, answers: [{ kind: 'labels' }] } as const;
      await assert.rejects(engine.segment(request), { code: 'image_too_large' });
      const made = await engine.segment({ ...request, tile: { width: 96, height: 64 } });
      assert.deepEqual([made.width, made.height], [width, height]);
      const larger = await png(texture(300, 220), 300, 220);
      await assert.rejects(engine.segment({ ...request, image: larger, tile: 'auto' }), {
        code: 'image_too_large',
        message: /at most 0.06 megapixels/,
      });
    } finally {
      await engine.close();
    }
  });
});
