import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxOf, pointOf } from './promptWords.ts';

test('a word of two numbers is a point of the thing, a third says whether it is', () => {
  assert.deepEqual(pointOf('120,80'), { x: 120, y: 80, label: 1 });
  assert.deepEqual(pointOf('200,90,0'), { x: 200, y: 90, label: 0 });
  assert.deepEqual(pointOf('0,0,1'), { x: 0, y: 0, label: 1 });
  assert.deepEqual(pointOf(' 1.5 , 2.25 '), { x: 1.5, y: 2.25, label: 1 });
  assert.deepEqual(pointOf('-1,1e2'), { x: -1, y: 100, label: 1 });
  assert.deepEqual(pointOf('1E+2,5e-1'), { x: 100, y: 0.5, label: 1 });
});

test('a word of four numbers is a box', () => {
  assert.deepEqual(boxOf('10,20,200,300'), { x0: 10, y0: 20, x1: 200, y1: 300 });
  assert.deepEqual(boxOf('10.5, 20, 200 ,3e1'), { x0: 10.5, y0: 20, x1: 200, y1: 30 });
});

test('what a number is not is no number of a prompt', () => {
  const wrong = [
    '',
    ' ',
    '1',
    '1,',
    ',1',
    '1,2,',
    '1,2,2',
    '1,2,3,4,5',
    'NaN,1',
    '1,Infinity',
    '1e999,1',
    '1,1e999',
    '0x10,1',
  ];
  for (const word of [...wrong, '1 2,3', '+1,2', '.5,1', '1.,2', '1;2', '１,２', '1,2\n,', '1_0,2', 'null,1']) {
    assert.equal(pointOf(word), undefined, JSON.stringify(word));
    assert.equal(boxOf(word), undefined, JSON.stringify(word));
  }
  assert.equal(boxOf('1,2,3,1e999'), undefined);
  assert.equal(boxOf('1,2,3'), undefined);
});

test('every number that JSON writes is read as JSON reads it', () => {
  const numbers = Array.from({ length: 2000 }, () => (Math.random() - 0.5) * 10 ** (Math.random() * 30 - 12));
  for (const number of [...numbers, 0, 4095.5, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER]) {
    const text = JSON.stringify(number);
    const point = pointOf(`${text},${text},0`);
    assert.deepEqual(point, { x: number, y: number, label: 0 }, text);
    assert.equal(boxOf(`0,0,1,${text}`)?.y1, number, text);
  }
});

test('no sequence of likely characters makes a point that is not finite, and reading one takes no time', () => {
  const characters = '0123456789,,,..--ee++ ;N∞\t';
  for (let round = 0; round < 20_000; round++) {
    const length = Math.floor(Math.random() * 14);
    const word = Array.from({ length }, () => characters[Math.floor(Math.random() * characters.length)]).join('');
    const point = pointOf(word);
    if (point !== undefined) {
      assert.ok(Number.isFinite(point.x) && Number.isFinite(point.y), word);
      const [x, y, label = '1'] = word.split(',');
      assert.deepEqual([point.x, point.y, point.label], [Number(x), Number(y), Number(label)], word);
    }
    const box = boxOf(word);
    if (box !== undefined) assert.deepEqual(Object.values(box), word.split(',').map(Number), word);
  }
  for (const character of '1.,-e ') assert.equal(pointOf(character.repeat(64 * 1024)), undefined);
});
