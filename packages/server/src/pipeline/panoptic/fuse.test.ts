import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '../instances/instance.ts';
import { measured, paint, spansOf } from '../instances/spans.ts';
import { randomFrom } from '../testing/pictures.ts';
import { fusePanoptic } from './fuse.ts';

const [width, height] = [20, 10];

function rectangle(index: number, score: number, x: number, y: number, across: number, down: number): Instance {
  const box = { x, y, width: across, height: down };
  const spans = spansOf(new Uint8Array(across * down).fill(1), box, width);
  return { id: 1, class: index, score, spans, ...measured(spans, width)! };
}

/** 0 person and 1 car are things; 2 road below, 3 sky above; 4 is nothing. */
function map(): { data: Uint8Array; width: number; height: number } {
  const data = Uint8Array.from({ length: width * height }, (_, at) => (at < 100 ? 3 : 2));
  data[199] = 4;
  data[0] = 0;
  return { data, width, height };
}

const rules = { things: new Set([0, 1]), nothing: new Set([4]), stuffAreaMin: 10 };
const facts = ({ id, class: index, area }: Instance) => [id, index, area];

test('better instances take their pixels first, and stuff has what is left', () => {
  const weak = rectangle(1, 0.6, 4, 0, 6, 10);
  const strong = rectangle(0, 0.9, 0, 0, 6, 10);
  const made = fusePanoptic([weak, strong], map(), rules);
  assert.deepEqual(made.map(facts), [
    [1, 0, 60],
    [2, 1, 40],
    [3, 3, 50],
    [4, 2, 49],
  ]);
  assert.deepEqual(made[1]!.box, { x: 6, y: 0, width: 4, height: 10 });
});

test('an instance that better ones cover for the most part is left out, one covered by half is not', () => {
  const strong = rectangle(0, 0.9, 0, 0, 6, 10);
  const half = rectangle(1, 0.6, 3, 0, 6, 10);
  const most = rectangle(1, 0.6, 2, 0, 6, 10);
  assert.equal(fusePanoptic([strong, half], map(), rules).filter((one) => one.class === 1).length, 1);
  assert.equal(fusePanoptic([strong, most], map(), rules).filter((one) => one.class === 1).length, 0);
  const kinder = { ...rules, overlapThreshold: 0.9 };
  assert.equal(fusePanoptic([strong, most], map(), kinder).filter((one) => one.class === 1).length, 1);
});

test('things of the map, what is nothing, and stuff that is small give no segment', () => {
  const made = fusePanoptic([], map(), rules);
  assert.deepEqual(made.map(facts), [
    [1, 3, 99],
    [2, 2, 99],
  ]);
  assert.equal(fusePanoptic([], map(), { ...rules, stuffAreaMin: 99 }).length, 2);
  assert.deepEqual(fusePanoptic([], map(), { ...rules, stuffAreaMin: 100 }), []);
  assert.deepEqual(fusePanoptic([], map(), { things: rules.things }), [], '64² pixels when nothing is said');
});

test('the score of stuff is the mean of the map’s, and 1 without', () => {
  const score = Uint8Array.from({ length: width * height }, (_, at) => (at < 100 ? 51 : at % 2 === 0 ? 255 : 0));
  const made = fusePanoptic([], map(), { ...rules, score });
  assert.deepEqual(
    made.map((one) => one.score.toFixed(3)),
    ['0.200', (50 / 99).toFixed(3)],
  );
  assert.ok(fusePanoptic([], map(), rules).every((one) => one.score === 1));
});

test('whatever comes in, no pixel is in two segments and every segment counts right', () => {
  for (let seed = 1; seed < 30; seed++) {
    const random = randomFrom(seed);
    const whole = (most: number) => Math.floor(random() * most);
    const instances = Array.from({ length: 8 }, () => {
      const [x, y] = [whole(16), whole(8)];
      return rectangle(whole(2), random(), x, y, 1 + whole(width - x), 1 + whole(height - y));
    });
    const data = Uint8Array.from({ length: width * height }, () => whole(5));
    const made = fusePanoptic(instances, { data, width, height }, { ...rules, stuffAreaMin: 1 + whole(20) });
    const owner = new Uint8Array(width * height);
    for (const one of made) {
      assert.ok([...owner].every((id, at) => id === 0 || !isIn(one, at)));
      paint(owner, one.spans, one.id);
      assert.equal(owner.filter((id) => id === one.id).length, one.area);
    }
    assert.deepEqual(
      made.map(({ id }) => id),
      made.map((_, at) => at + 1),
    );
    for (const [at, id] of owner.entries()) {
      const own = made[id - 1];
      if (own !== undefined && own.class > 1) assert.equal(data[at], own.class, 'stuff is where the map has it');
      if (id === 0) assert.ok(data[at] === 4 || data[at]! < 2 || !made.some((one) => one.class === data[at]));
    }
  }
});

function isIn({ spans }: Instance, pixel: number): boolean {
  for (let at = 0; at < spans.length; at += 2) if (pixel >= spans[at]! && pixel < spans[at + 1]!) return true;
  return false;
}
