import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alphaFromScores, argmaxLabels, normalise, scoreFromScores } from './pixelLoops.ts';

const rules = { layout: 'nchw', kind: 'logits', threshold: 0.5, foreground: 1 } as const;

test('pixels are normalised per channel in the order of the network', () => {
  const pixels = Uint8Array.of(10, 20, 30, 40, 50, 60);
  const input = { scale: 1, mean: [0, 1, 2], std: [1, 2, 4] } as const;
  const planar = normalise(pixels, 1, 1, 2, { ...input, layout: 'nchw', channels: 'rgb' });
  assert.deepEqual([...planar], [10, 40, 9.5, 24.5, 7, 14.5]);
  const interleaved = normalise(pixels, 2, 1, 1, { ...input, layout: 'nhwc', channels: 'bgr' });
  assert.deepEqual([...interleaved], [30, 9.5, 2, 60, 24.5, 9.5]);
});

test('the largest score wins, the first of equals, in both layouts and every image', () => {
  const planar = Float32Array.of(1, 5, 3, 5, 2, 5, 9, 9, 0, 0, 0, 10);
  assert.deepEqual(argmaxLabels(planar, 2, 3, 1, 2, rules), Uint8Array.of(1, 0, 0, 2));
  const interleaved = Float32Array.of(1, 3, 2, 5, 5, 5, 9, 0, 0, 9, 0, 10);
  assert.deepEqual(argmaxLabels(interleaved, 2, 3, 1, 2, { ...rules, layout: 'nhwc' }), Uint8Array.of(1, 0, 0, 2));
});

test('planes longer than a block have no seams', () => {
  const plane = 100 * 101;
  const scores = new Float32Array(3 * plane).map((_, i) => Math.sin(i * 7.13));
  const labels = argmaxLabels(scores, 1, 3, 100, 101, rules);
  for (let i = 0; i < plane; i++) {
    const three = [scores[i]!, scores[plane + i]!, scores[2 * plane + i]!];
    assert.equal(labels[i], three.indexOf(Math.max(...three)));
  }
});

test('of one channel a pixel counts from the threshold on', () => {
  const probabilities = { ...rules, kind: 'probabilities', threshold: 0.25 } as const;
  assert.deepEqual(argmaxLabels(Float32Array.of(0.2, 0.25, 1), 1, 1, 1, 3, probabilities), Uint8Array.of(0, 1, 1));
  assert.deepEqual(argmaxLabels(Float32Array.of(-1, 0, 1), 1, 1, 1, 3, rules), Uint8Array.of(0, 1, 1));
});

test('above 256 channels labels are uint16', () => {
  const scores = new Float32Array(300);
  scores[299] = 1;
  assert.deepEqual(argmaxLabels(scores, 1, 300, 1, 1, rules), Uint16Array.of(299));
});

test('alpha is the probability of the foreground, halves rounded up', () => {
  const one = { ...rules, foreground: 0 };
  assert.deepEqual(alphaFromScores(Float32Array.of(-100, 0, 100), 1, 1, 1, 3, one), Uint8Array.of(0, 128, 255));
  assert.deepEqual(alphaFromScores(Float32Array.of(0, Math.log(3)), 1, 2, 1, 1, rules), Uint8Array.of(191));
  assert.deepEqual(alphaFromScores(Float32Array.of(0, Math.log(2), 0), 1, 3, 1, 1, rules), Uint8Array.of(128));
  const probabilities = { ...rules, kind: 'probabilities' } as const;
  assert.deepEqual(alphaFromScores(Float32Array.of(0, 1.2), 1, 2, 1, 1, probabilities), Uint8Array.of(255));
});

test('the score is the probability of the winner', () => {
  assert.deepEqual(scoreFromScores(Float32Array.of(Math.log(3), 0), 1, 2, 1, 1, rules), Uint8Array.of(191));
  assert.deepEqual(scoreFromScores(Float32Array.of(-Math.log(3)), 1, 1, 1, 1, rules), Uint8Array.of(191));
  const probabilities = { ...rules, kind: 'probabilities' } as const;
  assert.deepEqual(scoreFromScores(Float32Array.of(0.2, 0.8), 1, 1, 1, 2, probabilities), Uint8Array.of(204, 204));
});
