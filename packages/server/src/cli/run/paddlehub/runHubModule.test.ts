import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Engine } from '../../../domain/engineDoor.ts';
import type { SegmentRequest } from '../../../domain/request.ts';
import { type FakeContext, fakeContext } from '../../fakeContext.testSupport.ts';
import { run } from '../../run.ts';

let cwd = '';
before(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-hub-run-'));
  await writeFile(path.join(cwd, 'photo.jpg'), 'a photo');
});
after(() => rm(cwd, { recursive: true }));

/** A picture of 2 × 1 pixels with an opacity of 60 and 255, as .npy. */
function tensor(type = '<f4'): Buffer {
  const head = `{'descr': '${type}', 'fortran_order': False, 'shape': (1, 2), }`.padEnd(117).concat('\n');
  const bytes = Buffer.alloc(10 + head.length + 8);
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(head.length, 8);
  bytes.write(head, 10, 'latin1');
  bytes.writeFloatLE(60 / 255, 10 + head.length);
  bytes.writeFloatLE(1, 14 + head.length);
  return bytes;
}

function world(type?: string): { context: FakeContext; requests: SegmentRequest[] } {
  const requests: SegmentRequest[] = [];
  const timings = { queue: 0, decode: 0, preprocess: 0, infer: 0, postprocess: 0, encode: 0 };
  const engine = {
    segment: async (request: SegmentRequest) => {
      requests.push(request);
      const answers = request.answers.map(({ kind, format = 'npy' }) => ({
        kind,
        format,
        contentType: 'x/y',
        bytes: kind === 'tensor' ? tensor(type) : Buffer.from(`${kind} of ${Buffer.from(request.image)}`),
      }));
      return { model: request.model, width: 2, height: 1, answers, timings, batchSize: 1 };
    },
    close: async () => {},
  } as Partial<Engine> as Engine;
  return { context: fakeContext({ cwd, services: { openEngine: async () => engine } }), requests };
}

const hubRun = async (...words: string[]) => {
  const { context, requests } = world();
  const code = await run(['run', ...words], context);
  return { code, requests, out: context.stdout.text, err: context.stderr.text };
};

test('A module prints the returned list as Python does, and writes nothing unless asked', async () => {
  const { code, out, err, requests } = await hubRun('humanseg_server', '--input_path', 'photo.jpg');
  assert.deepEqual([code, out, err], [0, "[{'data': array([[ 60, 255]], dtype=uint8)}]\n", '']);
  assert.deepEqual(requests[0]?.answers, [{ kind: 'tensor' }]);
  assert.equal(requests[0]?.model, 'portrait:1');
  assert.deepEqual(await readdir(cwd), ['photo.jpg']);
});

test('deeplabv3p_xception65_humanseg stretches the opacity from 120', async () => {
  const words = ['deeplabv3p_xception65_humanseg', '--input_path=photo.jpg', '--visualization=True', '--output_dir=d'];
  const { out, requests } = await hubRun(...words);
  assert.match(out, /'data': array\(\[\[ {2}0, 255\]\]/);
  assert.deepEqual(requests[0]?.answers[1]?.levels, { from: 120, to: 255 });
});

test('--visualization True writes the picture with its opacity, and a second time beside it', async () => {
  const words = ['humanseg_server', '--input_path', 'photo.jpg', '--visualization', 'True', '--batch_size', '2'];
  const first = await hubRun(...words);
  assert.match(first.out, /^\[\{'save_path': 'humanseg_server_output\/photo\.png', 'data': array/);
  const folder = path.join(cwd, 'humanseg_server_output');
  assert.equal(await readFile(path.join(folder, 'photo.png'), 'utf8'), 'cutout of a photo');
  assert.deepEqual(first.requests[0]?.answers[1], {
    kind: 'cutout',
    format: 'png',
    keepColors: true,
    decontaminate: false,
  });
  const second = await hubRun(...words, '--output_dir', 'humanseg_server_output');
  assert.match(second.out, /'save_path': 'humanseg_server_output\/phototime=\d{10}\.png'/);
  assert.equal((await readdir(folder)).length, 2);
});

test('--visualization is what Python reads: False and 0 write nothing', async () => {
  for (const word of ['False', '0']) {
    const { requests } = await hubRun('humanseg_lite', '--input_path', 'photo.jpg', '--visualization', word);
    assert.equal(requests[0]?.answers.length, 1);
  }
});

test('A matting module returns arrays and writes the opacity unless told not to', async () => {
  const written = await hubRun('modnet_hrnet18_matting', '--input_path', 'photo.jpg', '--output_dir', 'mattes');
  assert.equal(written.out, '[array([[ 60, 255]], dtype=uint8)]\n');
  const [name = ''] = await readdir(path.join(cwd, 'mattes'));
  assert.match(name, /^\d{10}(\.\d+)?\.png$/);
  assert.equal(await readFile(path.join(cwd, 'mattes', name), 'utf8'), 'alpha of a photo');
  const { requests } = await hubRun('modnet_hrnet18_matting', '--input_path', 'photo.jpg', '--visualization', '');
  assert.equal(requests[0]?.answers.length, 1);
});

test('What cannot be run is said in the words of PaddleHub', async () => {
  const cases: [string[], number, RegExp][] = [
    [['nobody'], 1, /^ERROR! Module nobody is not executable\.\n$/],
    [['humanseg_server==1.2.0'], 1, /^The None isn't a valid file path\.\n$/],
    [['humanseg_server', '--input_path', 'none.jpg'], 1, /^The none\.jpg isn't a valid file path\.\n$/],
    [['humanseg_server', '--input_path', 'photo.jpg', '--use_gpu', 'True'], 1, /^Environment Variable CUDA_VISIBLE_/],
    [['humanseg_server', '--input_path', 'photo.jpg', '--batch_size', '0'], 1, /at least 1, found 0/],
    [['humanseg_server', '--colour', 'red'], 2, /^segserve: Expected one of --input_path, .*found "--colour"/],
    [['humanseg_server', '--input_path'], 2, /--input_path: expected a value/],
    [['humanseg_server', '--visualization', 'yes'], 2, /expected True, False or a whole number, found "yes"/],
    [['modnet_hrnet18_matting', '--batch_size', '1'], 2, /Expected one of --input_path, --output_dir/],
    [['humanseg_server', '--input_path', 'photo.jpg', '--model', 'nobody'], 2, /No model "nobody"/],
  ];
  for (const [words, code, message] of cases) {
    const { code: found, err, out } = await hubRun(...words);
    assert.deepEqual([found, out], [code, ''], words.join(' '));
    assert.match(err, message);
  }
});

test('The model for folders of weights is not written, and that is said', async () => {
  const { code, err } = await hubRun('humanseg_lite', '--input_path', 'photo.jpg', '--save_dir', 'x');
  assert.deepEqual([code, err], [0, 'segserve: --save_dir: there is no Paddle model to be saved.\n']);
});

test('A model that gives classes is refused', async () => {
  const { context } = world('|u1');
  assert.equal(await run(['run', 'humanseg_lite', '--input_path', 'photo.jpg', '--model', 'street'], context), 2);
  assert.match(context.stderr.text, /Expected a model that gives opacity/);
});
