import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../domain/limits.ts';
import type { AnswerRequest } from '../domain/request.ts';
import { tinySpec } from '../pipeline/testing/tinySpec.ts';
import { pixelsOf, planAnswers, planMask } from './plan.ts';
import { pixelsOfWork } from './ticketWork.ts';

const limits = { ...defaultLimits, imageSideMax: 1000, imagePixelsMax: 50_000 };
const matting = tinySpec({ task: 'matting' });
const planned = (request: AnswerRequest, spec = matting) => planAnswers(spec, [request])[0]!;
const invalid = (message: RegExp) => ({ code: 'invalid_request', message });

test('a size is one that a picture may have, or the model’s own', () => {
  const size = (width: number, height: number) => planMask(matting, { size: { width, height } }, limits).size;
  assert.deepEqual(size(1000, 50), { width: 1000, height: 50 });
  assert.deepEqual(size(1, 1), { width: 1, height: 1 });
  assert.equal(planMask(matting, { size: 'model' }, limits).size, 'model');
  for (const [width, height] of [
    [1001, 1],
    [0, 5],
    [5, -1],
    [2.5, 4],
    [Number.NaN, 4],
    [1000, 51],
  ] as const) {
    const expected = 'Expected a size with sides of 1 to 1000 and at most 50000 pixels but received';
    assert.throws(() => size(width, height), invalid(new RegExp(`${expected} ${width}×${height}`)));
  }
});

test('a ticket costs the pixels of its picture, or those of its answers where they are more', () => {
  const picture = { width: 10, height: 20 };
  assert.equal(pixelsOf(picture, { refine: 'none' }), 200);
  assert.equal(pixelsOf(picture, { refine: 'none', size: { width: 5, height: 5 } }), 200);
  assert.equal(pixelsOf(picture, { refine: 'none', size: { width: 30, height: 10 } }), 300);
  assert.equal(pixelsOf(picture, { refine: 'none', size: 'model' }), 200);
  const header = { format: 'jpeg', storedWidth: 10, storedHeight: 20, orientation: 1, ...picture } as const;
  const mask = { refine: 'none', size: { width: 30, height: 10 } } as const;
  const image = new Uint8Array();
  assert.equal(pixelsOfWork({ kind: 'segment', image, header, answers: [], threshold: 0.5, mask }), 300);
});

test('colours are bytes, and what their list leaves out is black', () => {
  const colors = [
    [1, 2, 3],
    [4, 5, 255],
  ] as const;
  assert.deepEqual([...planned({ kind: 'color', colors }, tinySpec()).colors!], [1, 2, 3, 4, 5, 255, 0, 0, 0]);
  assert.equal(planned({ kind: 'color' }, tinySpec()).colors, undefined);
  for (const wrong of [[1, 2, 256], [1, 2, -1], [1, 2, 2.5], [1, 2] as never] as const) {
    assert.throws(() => planned({ kind: 'color', colors: [wrong as never] }), invalid(/three numbers from 0 to 255/));
  }
});

test('levels rise, inside 0 to 255', () => {
  assert.deepEqual(planned({ kind: 'alpha', levels: { from: 0, to: 255 } }).levels, { from: 0, to: 255 });
  for (const levels of [
    { from: 10, to: 10 },
    { from: 20, to: 10 },
    { from: -1, to: 10 },
    { from: 0, to: 256 },
    { from: Number.NaN, to: 10 },
  ]) {
    assert.throws(() => planned({ kind: 'alpha', levels }), invalid(/levels with 0 ≤ from < to ≤ 255/));
  }
});

test('topK is a whole number from 1 to 1000, and 5 unless told otherwise', () => {
  assert.equal(planned({ kind: 'stats' }).topK, 5);
  assert.equal(planned({ kind: 'stats', topK: 1000 }).topK, 1000);
  for (const topK of [0, 1001, 1.5]) assert.throws(() => planned({ kind: 'stats', topK }), invalid(/1 to 1000/));
});

test('a half-transparent background is a veil, a clear one a colour, an empty one nothing', () => {
  const background = (text: string) => planned({ kind: 'composite', background: text }).background;
  assert.deepEqual(background('#0A141e80'), { kind: 'veil', rgb: [10, 20, 30], opacity: 128 });
  assert.deepEqual(background('#0a141eFF'), { kind: 'color', rgb: [10, 20, 30] });
  assert.deepEqual(background('#0a141e00'), { kind: 'transparent' });
});

test('a composite on a half-transparent background is a PNG, and never a JPEG', () => {
  const request = { kind: 'composite', background: '#00000080' } as const;
  assert.equal(planned(request).format, 'png');
  assert.equal(planned({ ...request, format: 'webp' }).format, 'webp');
  assert.throws(() => planned({ ...request, format: 'jpeg' }), invalid(/one of png, webp, avif/));
  assert.equal(planned({ kind: 'composite', background: '#000000ff' }).format, 'jpeg');
});

test('the engine makes a JPEG of a class map for a wire that is bound to it, never unasked', () => {
  assert.equal(planned({ kind: 'labels', format: 'jpeg' }).format, 'jpeg');
  assert.equal(planned({ kind: 'labels' }).format, 'png');
  assert.throws(() => planned({ kind: 'trimap', format: 'jpeg' }), invalid(/one of png, webp as the format of trimap/));
});
