import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import type { Spans } from '../packages/server/src/pipeline/instances/spans.ts';
import { maskIn } from '../packages/server/src/pipeline/postprocess/instances/maskIn.ts';
import { queryInstances } from '../packages/server/src/pipeline/postprocess/panoptic/queryInstances.ts';
import { type QuerySet, querySet } from '../packages/server/src/pipeline/postprocess/panoptic/querySet.ts';
import { type SegmentRules, segmentsIn } from '../packages/server/src/pipeline/postprocess/panoptic/segments.ts';
import { queryNumbers } from './support/queryNumbers.ts';

/** What transformers made of the same numbers; panoptic.py says how it was got. */
const recorded: Recorded = JSON.parse(readFileSync(new URL('reference/panoptic.json', import.meta.url), 'utf8'));

type Sides = readonly [width: number, height: number];

interface Recorded {
  readonly panoptic: readonly {
    seed: number;
    sigmoidAt: 'output' | 'input';
    size: Sides;
    target: Sides;
    things: number[];
    overlapThreshold: number;
    segments: { class: number; scores: number[]; mask: string }[];
  }[];
  readonly nothing: { seed: number; segments: [] };
  readonly detr: readonly { seed: number; size: Sides; target: Sides; segments: { class: number; mask: string }[] }[];
  readonly instances: readonly {
    seed: number;
    size: Sides;
    found: { class: number; score: number; mask: string }[];
  }[];
}

/** Mask2Former's masks are brought to this size in transformers, whatever the input was. */
const mask2FormerInput = { width: 384, height: 384 };

/** The numbers of panoptic.py. */
function queries(seed: number, count: number, classes: number, [width, height]: Sides, sure: number): QuerySet {
  const { logits, masks } = queryNumbers(seed, count, classes, [width, height], sure);
  const outputs = new Map([
    ['class_queries_logits', new Tensor('float32', Float32Array.from(logits), [1, count, classes + 1])],
    ['masks_queries_logits', new Tensor('float32', Float32Array.from(masks), [1, count, height, width])],
  ]);
  return querySet(outputs, { nullClass: 'last' }, classes, 'things:1');
}

/** How many pixels, and a digest of which ones, as the record has it. */
function bits(spans: Spans, pixels: number): string {
  const bytes = Buffer.alloc(Math.ceil(pixels / 8));
  let count = 0;
  for (let at = 0; at < spans.length; at += 2) {
    count += spans[at + 1]! - spans[at]!;
    for (let pixel = spans[at]!; pixel < spans[at + 1]!; pixel++)
      bytes[pixel >> 3] = bytes[pixel >> 3]! | (128 >> (pixel & 7));
  }
  return `${count} ${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}`;
}

function viewOf([w, h]: Sides, [width, height]: Sides) {
  return { window: { x: 0, y: 0, width: w, height: h }, target: { width, height } };
}

function byMask<One extends { readonly mask: string }>(list: readonly One[]): One[] {
  return list.toSorted((a, b) => a.mask.localeCompare(b.mask));
}

for (const { seed, sigmoidAt, size, target, things, overlapThreshold, segments } of recorded.panoptic) {
  const where = sigmoidAt === 'output' ? 'MaskFormer and DETR' : 'Mask2Former';
  test(`queries ${seed} of ${size.join('×')} give ${segments.length} segments at ${target.join('×')} as transformers has them for ${where}`, () => {
    const input = sigmoidAt === 'input' ? mask2FormerInput : { width: 1, height: 1 };
    const rules: SegmentRules = { assign: 'weighted', sigmoidAt, overlapThreshold, input, things: new Set(things) };
    const options = { scoreThreshold: 0.4, threshold: 0.5, maxInstances: 1000 };
    const made = segmentsIn(queries(seed, 24, 5, size, 8), viewOf(size, target), rules, options);
    const [width, height] = target;
    const own = byMask(
      made.map((one) => ({ class: one.class, score: one.score, mask: bits(one.spans, width * height) })),
    );
    const expected = byMask(segments);
    assert.deepEqual(
      own.map((one) => [one.class, one.mask]),
      expected.map((one) => [one.class, one.mask]),
    );
    for (const [at, { scores }] of expected.entries()) {
      const { score } = own[at]!;
      const isBetween = score > Math.min(...scores) - 1e-6 && score < Math.max(...scores) + 1e-6;
      assert.ok(isBetween, `a score of ${scores.join(' and ')}, made ${score}`);
    }
  });
}

test('queries of which none is sure give no segment', () => {
  const set = queries(recorded.nothing.seed, 6, 3, [8, 8], 0);
  const rules = { assign: 'weighted', sigmoidAt: 'output', overlapThreshold: 0.8 } as const;
  const more = { input: { width: 1, height: 1 }, things: new Set<number>() };
  const options = { scoreThreshold: 0.9, threshold: 0.5, maxInstances: 1000 };
  assert.deepEqual(
    segmentsIn(set, viewOf([8, 8], [20, 20]), { ...rules, ...more }, options),
    recorded.nothing.segments,
  );
});

for (const { seed, size, target, segments } of recorded.detr) {
  test(`queries ${seed} of ${size.join('×')} give ${segments.length} segments at ${target.join('×')} by DETR's own rule as transformers has it`, () => {
    const rules = { assign: 'logits', sigmoidAt: 'input', overlapThreshold: 0.8 } as const;
    const more = { input: { width: 99, height: 99 }, things: new Set([0, 1]) };
    const options = { scoreThreshold: 0.6, threshold: 0.5, maxInstances: 1000 };
    const made = segmentsIn(queries(seed, 14, 4, size, 9), viewOf(size, target), { ...rules, ...more }, options);
    const [width, height] = target;
    assert.deepEqual(
      byMask(made.map((one) => ({ class: one.class, mask: bits(one.spans, width * height) }))),
      byMask(segments),
    );
  });
}

for (const { seed, size, found } of recorded.instances) {
  test(`queries ${seed} of ${size.join('×')} give ${found.length} instances as transformers has them for Mask2Former`, () => {
    const find = queryInstances(queries(seed, 10, 4, size, 6), { sigmoidAt: 'input' }, mask2FormerInput);
    const options = { scoreThreshold: 0.4, threshold: 0.5, maxInstances: 100 };
    const view = viewOf(size, [mask2FormerInput.width, mask2FormerInput.height]);
    const made = find(options).map((one) => ({
      class: one.class,
      score: one.score,
      mask: bits(maskIn(view, one, 0.5), mask2FormerInput.width * mask2FormerInput.height),
    }));
    const own = byMask(made);
    const expected = byMask(found);
    assert.deepEqual(
      own.map((one) => [one.class, one.mask]),
      expected.map((one) => [one.class, one.mask]),
    );
    for (const [at, { score }] of expected.entries()) assert.ok(Math.abs(score - own[at]!.score) < 2e-6);
    assert.deepEqual(
      made.map(({ score }) => score),
      made.map(({ score }) => score).toSorted((a, b) => b - a),
      'the best first',
    );
  });
}
