import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { type AnswerKind, StatsSchema } from '@segserve/contract';
import sharp from 'sharp';
import { TensorProto_DataType as Type } from '../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../packages/server/src/graph/testing/buildModel.ts';
import { open } from '../packages/server/src/index.ts';
import { queryNumbers } from './support/queryNumbers.ts';

type Sides = readonly [width: number, height: number];

interface Recorded {
  readonly seed: number;
  readonly sigmoidAt: 'output' | 'input';
  readonly size: Sides;
  readonly target: Sides;
  /** Class, length, class, length … */
  readonly runs: readonly number[];
}

/** What transformers made of the same numbers; semanticQueries.py says how it was got. */
const recorded: readonly Recorded[] = JSON.parse(
  readFileSync(new URL('reference/semanticQueries.json', import.meta.url), 'utf8'),
);

const [count, classes, sure] = [24, 5, 8];
const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-queries-'));
after(() => rm(folder, { recursive: true }));

/** The last of each row's numbers before the others. */
function nullFirst(rows: readonly number[]): number[] {
  return rows.map((_, at) => {
    const start = at - (at % (classes + 1));
    return rows[at === start ? start + classes : at - 1]!;
  });
}

/** A graph that says the same of every picture. */
function graphOf(one: Recorded, opset: number, nullClass: string): Uint8Array {
  const { logits: rows, masks } = queryNumbers(one.seed, count, classes, one.size, sure);
  const logits = nullClass === 'first' ? nullFirst(rows) : rows;
  const [width, height] = one.target;
  const [w, h] = one.size;
  const model = buildModel({
    opset,
    inputs: [{ name: 'pixel_values', type: Type.FLOAT, dims: [1, 3, height, width] }],
    outputs: [
      { name: 'class_queries_logits', type: Type.FLOAT, dims: [1, count, classes + 1] },
      { name: 'masks_queries_logits', type: Type.FLOAT, dims: [1, count, h, w] },
      { name: 'hidden', type: Type.FLOAT, dims: [1, 3, height, width] },
    ],
    body(write) {
      // All that the picture adds is 0: x · 0, its mean.
      const nothing = write.add('Mul', [write.add('GlobalAveragePool', ['pixel_values']), write.floats([0])]);
      const zero = write.add('ReduceMean', [nothing], { keepdims: 0 });
      write.add('Add', [write.floats(logits, [1, count, classes + 1]), zero], {}, 'class_queries_logits');
      write.add('Add', [write.floats(masks, [1, count, h, w]), zero], {}, 'masks_queries_logits');
      write.add('Identity', ['pixel_values'], {}, 'hidden');
    },
  });
  return writeModel(model);
}

interface Changes {
  readonly opset?: number;
  readonly fusion?: string;
  readonly kind?: AnswerKind;
  readonly nullClass?: 'last' | 'first' | 'none';
}

async function answerOf(one: Recorded, changes: Changes = {}) {
  const { opset = 17, fusion = 'auto', kind = 'labels', nullClass = 'last' } = changes;
  const name = `queries-${one.seed}-${opset}-${fusion}-${nullClass}`;
  const home = path.join(folder, name);
  await mkdir(home, { recursive: true });
  await writeFile(path.join(home, 'queries.onnx'), graphOf(one, opset, nullClass));
  const [width, height] = one.target;
  const manifest = {
    schema: 1,
    name,
    version: '1',
    task: 'semantic',
    licence: 'none',
    graph: 'queries.onnx',
    fusion,
    input: { size: { rule: 'fixed', width, height } },
    output: {
      kind: 'probabilities',
      queries: { sigmoidAt: one.sigmoidAt, nullClass },
    },
    labels: ['a', 'b', 'c', 'd', 'e', ...(nullClass === 'none' ? ['f'] : [])],
  };
  await writeFile(path.join(home, 'model.yaml'), JSON.stringify(manifest));
  await using model = await open({ model: name, folders: [home] });
  const image = await sharp({ create: { width, height, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  const { answers } = await model.segment(image, { answer: [kind] });
  return answers[0]!.bytes;
}

async function classesOf(png: Uint8Array): Promise<Uint8Array> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return Uint8Array.from(data.filter((_, at) => at % info.channels === 0));
}

function shareOfEqual(found: Uint8Array, { runs }: Recorded): number {
  const expected = runs.flatMap((value, at) => (at % 2 === 0 ? Array<number>(runs[at + 1]!).fill(value) : []));
  assert.equal(found.length, expected.length);
  return expected.filter((value, at) => found[at] === value).length / expected.length;
}

describe('queries as a class map, beside transformers', () => {
  for (const one of recorded) {
    for (const opset of [11, 17]) {
      test(`${one.target.join('×')}, masks ${one.size.join('×')}, sigmoid at the ${one.sigmoidAt} (opset ${opset})`, async () => {
        assert.ok(new Set(one.runs.filter((_, at) => at % 2 === 0)).size > 2, 'several classes win somewhere');
        const share = shareOfEqual(await classesOf(await answerOf(one, { opset })), one);
        assert.ok(share > 0.9995, `${share} of the pixels are equal`);
      });
    }
  }

  test('a null class that stands first, or none at all', async () => {
    const one = recorded[0]!;
    const expected = await classesOf(await answerOf(one));
    const first = await classesOf(await answerOf(one, { nullClass: 'first' }));
    assert.deepEqual(first, expected, 'the column is moved to the front, and nothing else');
    const none = await classesOf(await answerOf(one, { nullClass: 'none' }));
    assert.notDeepEqual(none, expected, 'the sixth column is a class like the others');
  });

  test('how sure the model is of a class is what its queries say together, at most 1', async () => {
    const bytes = await answerOf(recorded[0]!, { kind: 'stats' });
    const { classes: found } = StatsSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
    assert.ok(found.length > 2 && found.every(({ score }) => score !== null && score > 0.2 && score <= 1));
  });

  test('unfused the same scores are compared, at the size of the masks', async () => {
    const one = recorded[0]!;
    const share = shareOfEqual(await classesOf(await answerOf(one, { fusion: 'off' })), one);
    assert.ok(share > 0.9 && share < 1, `${share} of the pixels are equal`);
  });
});
