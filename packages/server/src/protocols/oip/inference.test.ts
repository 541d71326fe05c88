import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tensorOfNpy } from '../wire/npy.ts';
import { classified } from './classification.ts';
import { inOrder } from './inOrder.ts';
import { formatOf, pictureOptions } from './pictureOptions.ts';
import { Statistics } from './statistics.ts';
import type { WireTensor } from './wireTensor.ts';

const floats = (...values: number[]): WireTensor => ({
  name: 'y',
  type: 'float32',
  dims: [values.length],
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});
const texts = (tensor: WireTensor) =>
  tensor.type === 'bytes' ? tensor.elements.map((bytes) => Buffer.from(bytes).toString()) : [];

describe('classification', () => {
  it('gives the greatest elements with their places, as the protocol’s own example', () => {
    assert.deepEqual(texts(classified(floats(1, 5, 10, 4), 2, [])), ['10.000000:2', '5.000000:1']);
  });

  it('names classes only where the elements are the classes', () => {
    assert.deepEqual(texts(classified(floats(1, 5), 1, ['pear', 'apple'])), ['5.000000:1:apple']);
    assert.deepEqual(texts(classified(floats(1, 5, 3), 1, ['pear', 'apple'])), ['5.000000:1']);
  });

  it('of equal elements takes the earlier, and NaN last', () => {
    assert.deepEqual(texts(classified(floats(2, 2, 2), 2, [])), ['2.000000:0', '2.000000:1']);
    assert.deepEqual(texts(classified(floats(Number.NaN, -1, 7), 3, [])), ['7.000000:2', '-1.000000:1', 'NaN:0']);
  });

  it('gives no more than there are, in one row', () => {
    const tensor = classified(floats(1, 2), 10, []);
    assert.deepEqual(tensor.dims, [2]);
    assert.equal(texts(tensor).length, 2);
  });

  it('agrees with sorting, for any count', () => {
    const values = Array.from({ length: 1000 }, (_, index) => Math.sin(index * 12.9898) * 100);
    const order = values
      .map((value, index) => [Math.fround(value), index] as const)
      .toSorted(([one], [other]) => other - one);
    for (const count of [1, 7, 999, 1000]) {
      const wanted = order.slice(0, count).map(([value, index]) => `${value.toFixed(6)}:${index}`);
      assert.deepEqual(texts(classified(floats(...values), count, [])), wanted);
    }
  });

  it('writes whole numbers whole, 64 bits too', () => {
    const bytes = new Uint8Array(BigInt64Array.of(2n ** 53n + 1n, 3n).buffer);
    assert.deepEqual(texts(classified({ name: 'y', type: 'int64', dims: [2], bytes }, 1, [])), ['9007199254740993:0']);
  });

  it('refuses what has no order', () => {
    assert.throws(
      () => classified({ name: 'y', type: 'bool', dims: [1], bytes: Uint8Array.of(1) }, 1, []),
      /received BOOL/,
    );
    assert.throws(() => classified({ name: 'y', type: 'bytes', dims: [0], elements: [] }, 1, []), /received BYTES/);
  });
});

describe('inOrder', () => {
  const never = new Promise<never>(() => {});
  const atMost = (most: number) => ({ most, weightMax: Number.POSITIVE_INFINITY, weightOf: () => 1 });

  it('answers several at a time and gives the answers in order', async () => {
    let running = 0;
    let most = 0;
    const answer = async (ms: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, ms));
      running--;
      return ms;
    };
    const replies = [];
    for await (const reply of inOrder(listed([30, 1, 20, 1, 1]), atMost(2), answer)) replies.push(reply);
    assert.deepEqual(replies, [30, 1, 20, 1, 1]);
    assert.equal(most, 2);
  });

  it('takes nothing more while what is under way weighs too much', async () => {
    let asked = 0;
    const questions = (async function* () {
      for (const weight of [3, 3, 3, 3]) {
        asked++;
        yield weight;
      }
    })();
    const limits = { most: 10, weightMax: 5, weightOf: (weight: number) => weight };
    const replies = inOrder(questions, limits, async (weight) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return weight;
    });
    await replies.next();
    assert.equal(asked, 2);
    const others = [];
    for await (const reply of replies) others.push(reply);
    assert.deepEqual(others, [3, 3, 3]);
  });

  it('gives an answer without waiting for the next question', async () => {
    const asked = (async function* () {
      yield 1;
      await never;
    })();
    const replies = inOrder(asked, atMost(4), async (value) => value);
    assert.deepEqual(await replies.next(), { done: false, value: 1 });
  });

  it('ends with the first answer that rejects, though more reject and no question comes', async () => {
    const asked = (async function* () {
      yield* [1, 2, 3];
      await never;
    })();
    const answer = async (value: number) => {
      if (value > 1) throw new Error(`${value}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return value;
    };
    const replies = inOrder(asked, atMost(4), answer);
    assert.deepEqual(await replies.next(), { done: false, value: 1 });
    await assert.rejects(replies.next(), /2/);
  });

  it('ends with the questions’ own failure', async () => {
    const asked = (async function* () {
      yield 1;
      throw new Error('gone');
    })();
    await assert.rejects(async () => {
      for await (const _ of inOrder(asked, atMost(1), async (value) => value));
    }, /gone/);
  });

  async function* listed<Item>(items: readonly Item[]) {
    yield* items;
  }
});

describe('NPY', () => {
  const file = (header: string, bytes: readonly number[]) =>
    Buffer.concat([
      Buffer.from('\x93NUMPY\x01\0', 'latin1'),
      Buffer.of(header.length, 0),
      Buffer.from(header),
      Buffer.from(bytes),
    ]);

  it('is read as a tensor', () => {
    const one = file("{'descr': '<u2', 'fortran_order': False, 'shape': (1, 2), }\n", [1, 0, 2, 0]);
    assert.deepEqual(tensorOfNpy('labels', one), {
      name: 'labels',
      type: 'uint16',
      dims: [1, 2],
      bytes: Buffer.of(1, 0, 2, 0),
    });
    assert.deepEqual(
      tensorOfNpy('x', file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", [1, 2, 3])).dims,
      [3],
    );
  });

  it('may have the longer header of format 2', () => {
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }";
    const start = Buffer.from(`\x93NUMPY\x02\0${String.fromCharCode(header.length)}\0\0\0`, 'latin1');
    const { dims, bytes } = tensorOfNpy('x', Buffer.concat([start, Buffer.from(header), Buffer.of(7)]));
    assert.deepEqual([dims, bytes], [[1], Buffer.of(7)]);
  });

  it('of another order is refused', () => {
    assert.throws(() => tensorOfNpy('x', file("{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }", [1])), /NPY/);
    assert.throws(
      () => tensorOfNpy('x', file("{'descr': '>u2', 'fortran_order': False, 'shape': (1,), }", [1, 0])),
      /NPY/,
    );
  });
});

describe('statistics', () => {
  const timings = { queue: 1, decode: 2, preprocess: 3, infer: 10, postprocess: 4, encode: 5 };

  it('count pictures, runs and nanoseconds', () => {
    const statistics = new Statistics();
    statistics.succeeded('m:1', 30, [
      { timings, batchSize: 2 },
      { timings: { ...timings, queue: 7 }, batchSize: 2 },
    ]);
    statistics.failed('m:1', 4);
    const stats = statistics.of('m:1');
    assert.ok(Math.abs(stats.lastInference - Date.now()) < 60_000);
    assert.deepEqual(
      { ...stats, lastInference: 0 },
      {
        lastInference: 0,
        inferenceCount: 2,
        executionCount: 1,
        success: { count: 1, ns: 30e6 },
        fail: { count: 1, ns: 4e6 },
        queue: { count: 1, ns: 7e6 },
        computeInput: { count: 2, ns: 10e6 },
        computeInfer: { count: 2, ns: 20e6 },
        computeOutput: { count: 2, ns: 18e6 },
        batches: [
          {
            batchSize: 2,
            computeInput: { count: 1, ns: 10e6 },
            computeInfer: { count: 1, ns: 10e6 },
            computeOutput: { count: 1, ns: 18e6 },
          },
        ],
      },
    );
  });

  it('of a model that was never asked are zeros', () => {
    const { success, lastInference, batches } = new Statistics().of('other:1');
    assert.deepEqual(
      { success, lastInference, batches },
      { success: { count: 0, ns: 0 }, lastInference: 0, batches: [] },
    );
  });
});

describe('options of pictures', () => {
  it('are read from parameters of any form, and the protocol’s own are left alone', () => {
    const options = pictureOptions({
      sequence_id: 7,
      sequence_start: true,
      priority: 1,
      timeout: 5,
      triton_enable_empty_final_response: true,
      answer: 'alpha, stats',
      format: 'webp',
      threshold: '0.25',
      decontaminate: true,
      topK: 3,
      keepColors: 'true',
      levels: '10,240',
      size: '640x480',
      classes: 'person,2',
    });
    assert.deepEqual(options, {
      answers: ['alpha', 'stats'],
      format: 'webp',
      shared: { threshold: 0.25, decontaminate: true, topK: 3, classes: ['person', '2'] },
      own: { keepColors: true, levels: { from: 10, to: 240 } },
      size: { width: 640, height: 480 },
    });
    assert.equal(pictureOptions({ size: 'model' }).size, 'model');
  });

  it('a format is one of the answer’s own; a word about pictures means nothing to others', () => {
    assert.equal(formatOf('alpha', undefined, undefined), 'png');
    assert.equal(formatOf('overlay', undefined, undefined), 'png');
    assert.equal(formatOf('overlay', 'jpeg', undefined), 'jpeg');
    assert.equal(formatOf('stats', 'png', undefined), 'json');
    assert.equal(formatOf('instances', undefined, undefined), 'json');
    assert.equal(formatOf('instances', 'png', undefined), 'png');
    assert.throws(() => formatOf('labels', 'jpeg', undefined), /raw or one of png, webp, tiff as `format` of labels/);
    assert.throws(() => formatOf('composite', 'jpeg', 'transparent'), /composite/);
    assert.throws(() => formatOf('stats', 'npy', undefined), /stats/);
  });

  const wrong: readonly [parameters: Record<string, string | number | boolean>, message: RegExp][] = [
    [{ anwser: 'x' }, /Unknown field "anwser"\. Did you mean "answer"/],
    [{ response: 'json' }, /Unknown field "response"/],
    [{ threshold: 2 }, /`threshold`/],
    [{ size: '0x1' }, /`size`/],
    [{ levels: '9,9' }, /`levels`/],
    [{ levels: '9,256' }, /`levels`/],
    [{ trueColor: 1 }, /`trueColor` to be true or false but received 1/],
    [{ topK: 0 }, /`topK`/],
  ];
  for (const [parameters, message] of wrong) {
    it(`${JSON.stringify(parameters)} is refused`, () => {
      assert.throws(() => pictureOptions(parameters), { code: 'invalid_request', message });
    });
  }
});
