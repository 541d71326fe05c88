import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../domain/limits.ts';
import type { MaskPlan } from '../../domain/request.ts';
import { readHeader } from '../header.ts';
import { plan, png } from '../testing/pictures.ts';
import { answered, texture, valuesOf } from './testing/answered.ts';
import { convolution, freeSpec } from './testing/convolution.ts';

const [width, height] = [160, 110];
const part = { x: 21, y: 34, width: 90, height: 50 };
const graph = convolution({ classes: 5, depth: 2 });
const spec = freeSpec(5, { background: 2, input: { size: { rule: 'free', multiple: 1 }, overlap: 16 } });
const image = await png(texture(width, height), width, height);

async function partOf(picture: Uint8Array, mask: Partial<MaskPlan> = {}, answers = [plan('labels')]) {
  const header = await readHeader(picture, defaultLimits);
  return answered({ spec, graph, image: picture, mask, job: { header: { ...header, ...part, part }, answers } });
}

describe('a region', () => {
  it('is answered as if the rest had been cut off, in tiles too', async () => {
    const { x, y, ...size } = part;
    const cut = await sharp(image)
      .extract({ left: x, top: y, ...size })
      .png()
      .toBuffer();
    const shall = Buffer.from(await valuesOf(await answered({ spec, graph, image: cut })));
    const made = await partOf(image);
    assert.deepEqual([made.width, made.height], [part.width, part.height]);
    assert.deepEqual(Buffer.from(await valuesOf(made)), shall);
    const tiled = await partOf(image, { tile: { width: 48, height: 32 } });
    assert.deepEqual(Buffer.from(await valuesOf(tiled)), shall);
  });

  it('counts the pixels of the upright picture, whatever way it is stored', async () => {
    const shall = Buffer.from(await valuesOf(await partOf(image)));
    for (const [orientation, turn] of [
      [3, 180],
      [6, 270],
      [8, 90],
    ] as const) {
      const turned = await sharp(await sharp(image).rotate(turn).png().toBuffer())
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      assert.deepEqual(Buffer.from(await valuesOf(await partOf(turned))), shall, `orientation ${orientation}`);
      const tiled = await partOf(turned, { tile: { width: 48, height: 32 } });
      assert.deepEqual(Buffer.from(await valuesOf(tiled)), shall, `orientation ${orientation}, tiled`);
    }
  });

  it('stands in its place in the whole picture where that is asked for, the rest background', async () => {
    const own = await valuesOf(await partOf(image));
    const made = await partOf(image, { inPlace: true }, [plan('labels'), plan('overlay', { format: 'png' })]);
    assert.deepEqual([made.width, made.height], [width, height]);
    const labels = await valuesOf(made);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        const [column, row] = [x - part.x, y - part.y];
        const isInside = column >= 0 && row >= 0 && column < part.width && row < part.height;
        assert.equal(labels[at], isInside ? own[row * part.width + column] : 2, `${x}, ${y}`);
      }
    }
    const { width: w, height: h } = await sharp(made.answers[1]!.bytes).metadata();
    assert.deepEqual([w, h], [width, height], 'the overlay shows the whole photo');
  });

  it('shows its own part of the photo', async () => {
    const { x, y, ...size } = part;
    const cut = await sharp(image)
      .extract({ left: x, top: y, ...size })
      .png()
      .toBuffer();
    const answers = [plan('overlay', { format: 'png' })];
    const shall = await answered({ spec, graph, image: cut, job: { answers } });
    const is = await partOf(image, {}, answers);
    const raw = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
    assert.deepEqual(await raw(is.answers[0]!.bytes), await raw(shall.answers[0]!.bytes));
  });
});
