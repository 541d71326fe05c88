import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../domain/limits.ts';
import { tinySpec } from '../pipeline/testing/tinySpec.ts';
import { planAnswers, planMask } from './plan.ts';

const matting = tinySpec({ task: 'matting' });

test('a composite stands on white as JPEG unless told otherwise, and keeps its colours', () => {
  const [plan] = planAnswers(matting, [{ kind: 'composite' }]);
  assert.equal(plan!.format, 'jpeg');
  assert.equal(plan!.decontaminate, false);
  assert.deepEqual(plan!.background, { kind: 'color', rgb: [255, 255, 255] });
});

test('a background is a colour in either case, transparent, or a blur of a share of the picture', () => {
  const background = (words: { background: string; blur?: number }) =>
    planAnswers(matting, [{ kind: 'composite', ...words }])[0]!.background;
  assert.deepEqual(background({ background: '#0aFF10' }), { kind: 'color', rgb: [10, 255, 16] });
  assert.deepEqual(background({ background: 'transparent' }), { kind: 'transparent' });
  assert.deepEqual(background({ background: 'blur' }), { kind: 'blur', sigma: 0.02 });
  assert.deepEqual(background({ background: 'blur', blur: 0.1 }), { kind: 'blur', sigma: 0.1 });
  for (const wrong of ['red', '#fff', '#12345g', '#1234567', '#123456789', '']) {
    assert.throws(() => background({ background: wrong }), {
      code: 'invalid_request',
      message: /#rrggbb, #rrggbbaa, transparent/,
    });
  }
});

test('a transparent composite is a PNG, and never a JPEG', () => {
  const request = { kind: 'composite', background: 'transparent' } as const;
  assert.equal(planAnswers(matting, [request])[0]!.format, 'png');
  assert.throws(() => planAnswers(matting, [{ ...request, format: 'jpeg' }]), /one of png, webp, avif/);
});

test('refine is for models that give an opacity', () => {
  assert.deepEqual(planMask(matting, {}, defaultLimits), { refine: 'none' });
  assert.deepEqual(planMask(matting, { refine: 'guided' }, defaultLimits), { refine: 'guided' });
  assert.deepEqual(planMask(tinySpec(), {}, defaultLimits), { refine: 'none' });
  assert.throws(() => planMask(tinySpec(), { refine: 'guided' }, defaultLimits), {
    code: 'invalid_request',
    message: /leave "refine"/,
  });
});

test('classes say what the foreground of a composite and of a trimap is', () => {
  for (const kind of ['composite', 'trimap'] as const) {
    assert.deepEqual(planAnswers(tinySpec(), [{ kind, classes: ['green'] }])[0]!.foreground, [1]);
    assert.throws(() => planAnswers(tinySpec(), [{ kind }]), /needs "classes"/);
  }
});
