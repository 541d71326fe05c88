import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPrompts } from './checkPrompts.ts';

const many = (count: number) => Array.from({ length: count }, () => ({ x: 1, y: 1 }));

test('what a prompt leaves out is filled in', () => {
  assert.deepEqual(checkPrompts({ points: [{ x: 1, y: 2 }] }), {
    points: [{ x: 1, y: 2, label: 1 }],
    multimask: false,
  });
  assert.deepEqual(checkPrompts({ everything: { pointsPerSide: 8 } }).everything, {
    pointsPerSide: 8,
    nmsThreshold: 0.7,
    minArea: 0,
  });
});

test('what is wrong with a prompt is said with its place, what was expected and what came', () => {
  const point = { x: 1, y: 2 };
  for (const [prompts, message] of [
    [null, /`prompts` to be an object but received null\./],
    ['[]', /`prompts` to be an object but received "\[\]"\./],
    [
      { points: [point, { x: 1, y: Number.NaN }] },
      /`prompts\.points\[1\]\.y` to be a finite number but received NaN\./,
    ],
    [{ points: [{ x: 1 }] }, /`prompts\.points\[0\]\.y` to be a finite number but received nothing\./],
    [{ points: '1,2' }, /`prompts\.points` to be a list but received "1,2"\./],
    [{ points: [{ ...point, label: 2 }] }, /`prompts\.points\[0\]\.label` to be 1 .* or 0 .* but received 2\./],
    [{ points: [{ ...point, z: 3 }] }, /Unknown field `prompts\.points\[0\]\.z`/],
    [{ point }, /Unknown field `prompts\.point`/],
    [{ points: many(10_000) }, /`prompts\.points` to be at most 1024 but received 10000\./],
    [{ boxes: [{ x0: 0, y0: 0, x1: 1 }] }, /`prompts\.boxes\[0\]\.y1` to be a finite number/],
    [{ everything: 'yes' }, /`prompts\.everything` to be true, false or an object but received "yes"\./],
    [{ everything: { pointsPerSide: 65 } }, /`prompts\.everything\.pointsPerSide` to be at most 64 but received 65\./],
    [
      { everything: { pointsPerSide: 'all' } },
      /`prompts\.everything\.pointsPerSide` to be a finite number but received "all"/,
    ],
    [{ everything: { grid: 3 } }, /Unknown field `prompts\.everything\.grid`/],
    [{ multimask: 'true' }, /`prompts\.multimask` to be true or false but received "true"\./],
    [{ mask: '' }, /`prompts\.mask` to be a text that is not empty/],
    [{ previous: [{ points: [{ x: '1', y: 2 }] }] }, /`prompts\.previous\[0\]\.points\[0\]\.x` to be a finite number/],
  ] as const) {
    assert.throws(() => checkPrompts(prompts), { code: 'invalid_request', message });
  }
});

test('the points of all steps are counted together, and so are the boxes', () => {
  checkPrompts({ points: many(424), previous: [{ points: many(600) }] });
  assert.throws(() => checkPrompts({ points: many(425), previous: [{ points: many(600) }] }), {
    message: /all `points` of `prompts` to be at most 1024 but received 1025\./,
  });
  const boxes = (count: number) => Array.from({ length: count }, () => ({ x0: 0, y0: 0, x1: 1, y1: 1 }));
  checkPrompts({ boxes: boxes(64) });
  assert.throws(() => checkPrompts({ previous: [{ boxes: boxes(33) }, { boxes: boxes(32) }] }), {
    message: /at most 64 but received 65/,
  });
});

test('a long value is quoted back in short', () => {
  const long = 'x'.repeat(10_000);
  for (const prompts of [{ everything: long }, { [long]: 1 }, { points: [{ x: { long }, y: 1 }] }]) {
    assert.throws(
      () => checkPrompts(prompts),
      ({ message }: Error) => message.length < 300,
    );
  }
});

test('whatever JSON comes as prompts, it is checked prompts or a fault of the request', () => {
  const names = [
    'points',
    'boxes',
    'mask',
    'previous',
    'multimask',
    'everything',
    'x',
    'y',
    'x0',
    'label',
    '__proto__',
  ];
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;
  const any = (depth: number): unknown => {
    const leaf = [null, true, 0, 1, -1.5, 1e308, '', 'a', '1,2'];
    if (depth === 0 || Math.random() < 0.3) return pick(leaf);
    const many = Array.from({ length: Math.floor(Math.random() * 4) });
    if (Math.random() < 0.5) return many.map(() => any(depth - 1));
    // As JSON.parse makes it: "__proto__" is a key like any other.
    return JSON.parse(`{${many.map(() => `"${pick(names)}":${JSON.stringify(any(depth - 1))}`).join(',')}}`);
  };
  for (let round = 0; round < 5000; round++) {
    const value = any(4);
    try {
      assert.equal(typeof checkPrompts(value).multimask, 'boolean');
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'invalid_request', JSON.stringify(value));
    }
  }
  assert.equal(({} as { points?: unknown }).points, undefined);
});
