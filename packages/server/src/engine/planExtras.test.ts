import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManifestSchema } from '@segserve/contract';
import { defaultLimits } from '../domain/limits.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { pngHeader } from './engine.testSupport.ts';
import { planPicture } from './planPicture.ts';
import { PoisonList } from './poisonList.ts';
import { bytesOf, pixelsOfWork } from './ticketWork.ts';

const limits = { ...defaultLimits, imagePixelsMax: 10_000, imageBytesMax: 1000 };

function specOf(trimap?: object): PictureSpec {
  const input = { size: { rule: 'fixed', width: 8, height: 8 }, ...(trimap && { trimap }) };
  const manifest = ManifestSchema.parse({
    schema: 1,
    name: 'matte',
    version: '1',
    task: 'matting',
    licence: 'none',
    graph: 'none.onnx',
    input,
    output: { kind: 'probabilities' },
  });
  const labels = ['background', 'foreground'];
  return { ref: 'matte:1', manifest, folder: '/nowhere', labels, palette: new Uint8Array(6) };
}

const request = (rest: Partial<SegmentRequest>): SegmentRequest => ({
  model: 'matte',
  image: pngHeader(40, 20),
  answers: [{ kind: 'composite', background: 'image' }],
  ...rest,
});
const planned = (spec: PictureSpec, rest: Partial<SegmentRequest>) => planPicture(spec, request(rest), limits);

describe('planPicture with pictures beside the picture', () => {
  it('counts their bytes and pixels against every limit', async () => {
    const extras = { trimap: pngHeader(20, 10), background: pngHeader(100, 30) };
    const { work } = await planned(specOf({}), { extras });
    assert.equal(bytesOf(work), 3 * 33);
    assert.equal(pixelsOfWork(work), 40 * 20 + 20 * 10 + 100 * 30);
    assert.equal(bytesOf((await planned(specOf(), { answers: [{ kind: 'alpha' }] })).work), 33);
  });

  it('holds each to the limits of a picture, and says which', async () => {
    const large = pngHeader(101, 100);
    const heavy = new Uint8Array(1001);
    for (const [extras, code, message] of [
      [{ background: large }, 'image_too_large', /^Of the background picture: /],
      [{ background: heavy }, 'body_too_large', /1000 bytes at most as the background picture but received 1001/],
      [{ background: new Uint8Array(0) }, 'empty_image', /^Of the background picture: /],
    ] as const) {
      await assert.rejects(planned(specOf(), { extras }), { code, message });
    }
    const trimap = { extras: { trimap: large, background: pngHeader(4, 4) } };
    await assert.rejects(planned(specOf({}), trimap), { code: 'image_too_large', message: /^Of the trimap: / });
  });

  it('puts the background picture behind every composite that names no other', async () => {
    const answers = [
      { kind: 'composite' },
      { kind: 'composite', background: '#102030' },
      { kind: 'composite', backgroundFit: 'stretch' },
    ] as const;
    const { work } = await planned(specOf(), { answers, extras: { background: pngHeader(4, 4) } });
    assert.deepEqual(
      work.answers.map(({ background }) => background),
      [
        { kind: 'image', fit: 'cover' },
        { kind: 'color', rgb: [16, 32, 48] },
        { kind: 'image', fit: 'stretch' },
      ],
    );
  });

  it('takes a trimap of the upright picture’s shape, give or take the rounding of a side', async () => {
    const spec = specOf({});
    const ask = (width: number, height: number, image = pngHeader(400, 301)) =>
      planPicture(
        spec,
        { ...request({ image, answers: [{ kind: 'alpha' }], extras: { trimap: pngHeader(width, height) } }) },
        defaultLimits,
      );
    for (const [width, height] of [
      [400, 301],
      [200, 150],
      [200, 151],
      [800, 602],
      [4, 3],
    ] as const)
      await ask(width, height);
    for (const [width, height] of [
      [301, 400],
      [200, 140],
      [400, 303],
    ] as const) {
      await assert.rejects(ask(width, height), { code: 'invalid_request', message: /\(400×301\) but received/ });
    }
  });
});

describe('PoisonList with pictures beside the picture', () => {
  it('knows them from other requests with the same picture', async () => {
    const poison = new PoisonList();
    const { work } = await planned(specOf(), { extras: { background: pngHeader(4, 4) } });
    const { work: other } = await planned(specOf(), { extras: { background: pngHeader(5, 4) } });
    const { work: alone } = await planned(specOf(), { answers: [{ kind: 'alpha' }] });
    poison.note('matte:1', work, 2);
    assert.throws(() => poison.check('matte:1', work), { code: 'poison_input' });
    poison.check('matte:1', other);
    poison.check('matte:1', alone);
  });
});
