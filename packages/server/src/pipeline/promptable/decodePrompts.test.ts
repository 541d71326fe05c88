import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { Fault } from '../../domain/fault.ts';
import { signatureOf } from '../../graph/signature.ts';
import { colorDecoder, type PromptableGraphs, promptableSpec } from '../testing/promptableGraphs.ts';
import { type DecoderCall, decodePrompts, maskSize } from './decodePrompts.ts';
import { decoderRoles } from './decoderRoles.ts';

const embedding = { tensors: new Map([['image_embeddings', new Tensor('float32', [1], [1, 1, 1, 1])]]), bytes: 4 };
const twoThings = [
  { coords: [1, 2, 3, 4], labels: [1, 0] },
  { coords: [5, 6, 7, 8], labels: [2, 3] },
];
const call = (changes: Partial<DecoderCall> = {}): DecoderCall => ({
  embedding,
  tokens: twoThings,
  input: { width: 64, height: 48 },
  ...changes,
});

/** What a decoder with these names is fed with, and what it is taken to say when it gives these tensors. */
async function decoded(graphs: PromptableGraphs, given: DecoderCall, outputs?: readonly Tensor[]) {
  const roles = decoderRoles(promptableSpec(), signatureOf(colorDecoder(graphs)));
  let fed: Readonly<Record<string, Tensor>> = {};
  const things = given.tokens.length;
  const outer = roles.rank === 4 ? [1, things] : [things];
  const numbers = Array.from({ length: things * 2 * 6 }, (_, at) => at);
  const usual = [
    new Tensor('float32', numbers, [...outer, 2, 2, 3]),
    new Tensor('float32', [0.1, 0.2, 0.3, 0.4].slice(0, things * 2), [...outer, 2]),
  ];
  const run = async (feeds: Readonly<Record<string, Tensor>>) => {
    fed = feeds;
    return outputs ?? usual;
  };
  return { candidates: await decodePrompts({ roles, run }, given), fed, roles };
}

function shown(fed: Readonly<Record<string, Tensor>>) {
  return Object.fromEntries(
    Object.entries(fed).map(([name, { type, dims, data }]) => [
      name,
      [type, dims.join('×'), [...(data as never)].slice(0, 8).join()],
    ]),
  );
}

test('SAM’s decoder is fed as its export wants it; the size is that of the input, height first', async () => {
  const { fed } = await decoded({ things: 'N' }, call());
  assert.deepEqual(shown(fed), {
    image_embeddings: ['float32', '1×1×1×1', '1'],
    point_coords: ['float32', '2×2×2', '1,2,3,4,5,6,7,8'],
    point_labels: ['float32', '2×2', '1,0,2,3'],
    mask_input: ['float32', '2×1×32×32', '0,0,0,0,0,0,0,0'],
    has_mask_input: ['float32', '1', '0'],
    orig_im_size: ['float32', '2', '48,64'],
  });
});

test('EfficientSAM’s and Optimum’s have a side more, and whole numbers where they want them', async () => {
  const efficient = shown((await decoded({ names: 'efficientsam', things: 'N' }, call())).fed);
  assert.deepEqual(efficient.batched_point_coords?.slice(0, 2), ['float32', '1×2×2×2']);
  assert.deepEqual(efficient.orig_im_size, ['int64', '2', '48,64']);
  const optimum = shown((await decoded({ names: 'optimum', things: 'N' }, call())).fed);
  assert.deepEqual(optimum.input_labels, ['int64', '1×2×2', '1,0,2,3']);
});

test('a mask to start from goes to every thing of the run, and is said to be there', async () => {
  const start = new Float32Array(32 * 32).fill(7);
  const { fed } = await decoded({ things: 'N' }, call({ start }));
  assert.ok((fed.mask_input!.data as Float32Array).every((number) => number === 7));
  assert.deepEqual([...(fed.has_mask_input!.data as Float32Array)], [1]);
});

test('of a mask whose sides the graph leaves free the embedding says the size', async () => {
  const { roles } = await decoded({}, call({ tokens: twoThings.slice(0, 1) }));
  const free = { ...roles, mask: { name: 'mask_input', type: 'float32', dims: [1, 1, null, null] } };
  const wide = { tensors: new Map([['e', new Tensor('float32', new Float32Array(6), [1, 1, 2, 3])]]), bytes: 24 };
  assert.deepEqual(maskSize(free, wide), { width: 12, height: 8 });
  assert.deepEqual(maskSize(roles, wide), { width: 32, height: 32 });
});

test('candidates are cut out thing by thing', async () => {
  for (const names of ['sam', 'efficientsam'] as const) {
    const { candidates } = await decoded({ names, things: 'N' }, call());
    const facts = candidates.map((list) =>
      list.map(({ width, height, data, score }) => [width, height, data[0], score.toFixed(1)]),
    );
    assert.deepEqual(facts, [
      [
        [3, 2, 0, '0.1'],
        [3, 2, 6, '0.2'],
      ],
      [
        [3, 2, 12, '0.3'],
        [3, 2, 18, '0.4'],
      ],
    ]);
  }
});

test('masks of half precision are read as what they mean', async () => {
  const masks = new Tensor('float16', new Uint16Array([0x3c00, 0xc000]), [1, 1, 1, 2]);
  const scores = new Tensor('float16', new Uint16Array([0x3800]), [1, 1]);
  const { candidates } = await decoded({ things: 'N' }, call({ tokens: twoThings.slice(0, 1) }), [masks, scores]);
  assert.deepEqual([[...candidates[0]![0]!.data], candidates[0]![0]!.score], [[1, -2], 0.5]);
});

test('outputs of another form are the model’s fault', async () => {
  const scores = new Tensor('float32', [1, 2], [2, 1]);
  const wrong = [
    [new Tensor('float32', new Float32Array(4), [2, 1, 2]), scores],
    [new Tensor('float32', new Float32Array(12), [3, 1, 2, 2]), scores],
    [new Tensor('float32', new Float32Array(16), [2, 2, 2, 2]), scores],
    [new Tensor('bool', new Uint8Array(8), [2, 1, 2, 2]), scores],
    [new Tensor('float32', new Float32Array(8), [2, 1, 2, 2]), new Tensor('float32', [1, Number.NaN], [2, 1])],
  ];
  for (const outputs of wrong) {
    await assert.rejects(
      decoded({ things: 'N' }, call(), outputs),
      (error: unknown) => error instanceof Fault && error.code === 'model_invalid' && /received/.test(error.message),
    );
  }
});
