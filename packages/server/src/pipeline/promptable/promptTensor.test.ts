import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../domain/fault.ts';
import { floatsOf } from './floatsOf.ts';
import { promptTensor } from './promptTensor.ts';

test('prompts are fed in whatever numbers the graph takes', () => {
  const of = (type: string, numbers = [1, -2.5]) => {
    const tensor = promptTensor(type, numbers, [numbers.length]);
    return [tensor.type, [...(tensor.data as Float32Array)]];
  };
  assert.deepEqual(of('float32'), ['float32', [1, -2.5]]);
  assert.deepEqual(of('float64'), ['float64', [1, -2.5]]);
  assert.deepEqual(of('float16'), ['float16', [0x3c00, 0xc100]]);
  assert.deepEqual(of('int64', [3, -1]), ['int64', [3n, -1n]]);
  assert.deepEqual(of('int32', [3.6, -1]), ['int32', [4, -1]]);
  assert.deepEqual(of('bool', [1, 0]), ['bool', [1, 0]]);
  assert.throws(
    () => of('string'),
    (error: unknown) => error instanceof Fault && error.code === 'model_invalid',
  );
});

test('what the graph gives is read as single precision', () => {
  assert.deepEqual([...floatsOf(promptTensor('float64', [0.5, 3], [2]), 'masks')], [0.5, 3]);
  assert.deepEqual([...floatsOf(promptTensor('float16', [0.5, -3], [2]), 'masks')], [0.5, -3]);
  assert.throws(() => floatsOf(promptTensor('int32', [1], [1]), 'masks'), /masks as float numbers but received int32/);
});
