import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { Pixels } from '../../domain/image.ts';
import { encode } from '../encode.ts';
import { Scene, type SceneParts } from '../scene.ts';
import { pixelsOf, plan, randomFrom } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';

const size = { width: 16, height: 8 };
const count = size.width * size.height;
const random = randomFrom(9);
const noise = (length: number) => Uint8Array.from({ length }, () => random() * 256);
const rgb: Pixels = { data: noise(count * 3), channels: 3, ...size };
const rgba: Pixels = { data: noise(count * 4), channels: 4, ...size };
/** Every eighth pixel 0, every eighth 255. */
const alpha = noise(count).map((value, index) => (index % 8 === 0 ? 0 : index % 8 === 1 ? 255 : value));

function scene(parts: Partial<SceneParts> = {}): Scene {
  const spec = tinySpec({ task: 'matting' });
  return new Scene({
    ...{ spec, threshold: 0.5, labels: undefined, alpha, score: undefined, photo: async () => rgb },
    ...size,
    ...parts,
  });
}

const mapped = (labels: Uint8Array, parts: Partial<SceneParts> = {}) =>
  scene({ spec: tinySpec(), labels, alpha: undefined, ...parts });
const classes = Uint8Array.from({ length: count }, (_, index) => index % 4);

async function pixels(of: Scene, wish: Parameters<typeof plan>): Promise<Uint8Array> {
  return (await pixelsOf((await encode(of, plan(...wish))).bytes)).data;
}

/** Every `step`th number from `first` on. */
const every = (data: Uint8Array, step: number, first = 0) => [...data].filter((_, index) => index % step === first);

describe('levels', () => {
  const levels = { from: 64, to: 191 };
  const stretched = [...alpha].map((value) => Math.round(Math.min(Math.max((value - 64) / 127, 0), 1) * 255));

  it('draw the opacity of alpha, cutout and composite out between two values', async () => {
    const made = await pixels(scene(), ['alpha', { levels }]);
    assert.deepEqual([...made], every(made, 1));
    assert.deepEqual(every(made, made.length / count), stretched);
    assert.deepEqual(every(await pixels(scene(), ['cutout', { levels }]), 4, 3), stretched);
    const composite = await pixels(scene(), ['composite', { levels, format: 'png', decontaminate: false }]);
    const expected = [...rgb.data].map((value, at) => {
      const opacity = stretched[Math.floor(at / 3)]!;
      return Math.floor((value * opacity + 255 * (255 - opacity) + 127) / 255);
    });
    assert.deepEqual([...composite], expected);
  });

  it('leave a hard mask as it is, and the trimap and the model’s own alpha too', async () => {
    const named = { foreground: [1, 2] };
    assert.deepEqual(
      await pixels(mapped(classes), ['alpha', { ...named, levels }]),
      await pixels(mapped(classes), ['alpha', named]),
    );
    const before = alpha.slice();
    const one = scene();
    assert.deepEqual(await pixels(one, ['trimap', { levels }]), await pixels(one, ['trimap']));
    await pixels(one, ['alpha', { levels }]);
    assert.deepEqual(alpha, before);
  });
});

describe('keepColors', () => {
  for (const [name, photo] of [
    ['opaque', rgb],
    ['transparent', rgba],
  ] as const) {
    it(`keeps every colour of an ${name} photo, whatever its opacity`, async () => {
      const of = scene({ photo: async () => photo });
      const step = photo.channels;
      const made = await pixels(of, ['cutout', { keepColors: true, decontaminate: false }]);
      for (const channel of [0, 1, 2]) assert.deepEqual(every(made, 4, channel), every(photo.data, step, channel));
      assert.ok(every(made, 4, 3).includes(0));
      const usual = await pixels(of, ['cutout', { decontaminate: false }]);
      assert.ok(usual.every((value, at) => usual[at - (at % 4) + 3] !== 0 || value === 0));
    });
  }

  it('keeps them in a WebP too, whose encoder would level what nobody sees', async () => {
    const side = { width: 32, height: 32 };
    const halves = Uint8Array.from({ length: 32 * 32 }, (_, index) => (index % 32 < 16 ? 0 : 255));
    const stripe = (x: number) => (x < 8 ? [0, 200, 0] : [0, 0, 200]); // of the clear half: two blocks of the encoder
    const data = Uint8Array.from([...halves.keys()].flatMap((index) => stripe(index % 32)));
    const of = scene({ alpha: halves, photo: async () => ({ data, channels: 3, ...side }), ...side });
    const made = await pixels(of, ['cutout', { keepColors: true, decontaminate: false, format: 'webp' }]);
    const at = (x: number) => [...made.subarray((12 * 32 + x) * 4, (12 * 32 + x) * 4 + 4)];
    assert.ok(at(3)[1]! > 150 && at(3)[2]! < 60 && at(3)[3] === 0, String(at(3)));
    assert.ok(at(12)[2]! > 150 && at(12)[1]! < 60 && at(12)[3] === 0, String(at(12)));
  });
});

describe('colors', () => {
  const colors = Uint8Array.of(9, 8, 7, 6, 5, 4, 0, 0, 0); // of three classes, the last one left out
  const color = (index: number) => [...colors.subarray(index * 3, index * 3 + 3), 0, 0, 0].slice(0, 3);

  it('stand in place of the palette, black beyond the list', async () => {
    const expected = [...classes].flatMap(color);
    for (const trueColor of [false, true]) {
      const answer = await encode(mapped(classes), plan('color', { colors, trueColor }));
      const { data, channels } = await pixelsOf(answer.bytes);
      assert.deepEqual([channels, ...data], [3, ...expected]);
      assert.equal((await sharp(answer.bytes).metadata()).isPalette ?? false, !trueColor);
    }
  });

  it('without trueColor are an indexed picture, with it the same colours in three channels', async () => {
    const own = await pixels(mapped(classes), ['color']);
    assert.deepEqual(await pixels(mapped(classes), ['color', { trueColor: true }]), own);
  });

  it('are laid over the photo by an overlay', async () => {
    const made = await pixels(mapped(classes), ['overlay', { colors, opacity: 1, format: 'png' }]);
    const isKnown = (index: number) => classes[index]! < 3; // class 3 is none of the model's: the photo stays
    const expected = [...classes].flatMap((label, at) =>
      isKnown(at) ? color(label) : [...rgb.data.subarray(at * 3, at * 3 + 3)],
    );
    assert.deepEqual([...made], expected);
  });
});

describe('JPEG of one channel', () => {
  const smooth = Uint8Array.from({ length: count }, (_, index) => (index % 16) * 16 + (index >> 4));

  for (const [name, of, kind] of [
    ['alpha', scene({ alpha: smooth }), 'alpha'],
    ['labels', mapped(smooth), 'labels'],
  ] as const) {
    it(`of ${name} is grey, and near to the numbers by default`, async () => {
      const { bytes, contentType } = await encode(of, plan(kind, { format: 'jpeg' }));
      const { channels, format } = await sharp(bytes).metadata();
      assert.deepEqual([channels, format, contentType], [1, 'jpeg', 'image/jpeg']);
      const made = await sharp(bytes).toColourspace('b-w').raw().toBuffer();
      const worst = Math.max(...made.map((value, at) => Math.abs(value - smooth[at]!)));
      assert.ok(worst <= 6, `off by ${worst}`);
      const poor = (await encode(of, plan(kind, { format: 'jpeg', quality: 20 }))).bytes;
      const same = (await encode(of, plan(kind, { format: 'jpeg', quality: 95 }))).bytes;
      assert.ok(poor.length < bytes.length);
      assert.deepEqual(same, bytes);
    });
  }

  it('of more than 256 classes is refused', async () => {
    const spec = { ...tinySpec(), labels: Array.from({ length: 300 }, (_, index) => `class ${index}`) };
    const wide = scene({ spec, labels: Uint16Array.from(classes), alpha: undefined });
    await assert.rejects(encode(wide, plan('labels', { format: 'jpeg' })), { code: 'unknown_answer' });
  });
});

describe('a half-transparent background', () => {
  const background = { kind: 'veil', rgb: [200, 100, 0], opacity: 100 } as const;

  for (const [name, photo] of [
    ['an opaque', rgb],
    ['a transparent', rgba],
  ] as const) {
    it(`stands behind ${name} photo as "over" says`, async () => {
      const of = scene({ photo: async () => photo });
      const made = await pixels(of, ['composite', { background, format: 'png', decontaminate: false }]);
      let worst = 0;
      for (let at = 0; at < count; at++) {
        const own = photo.channels === 4 ? photo.data[at * 4 + 3]! / 255 : 1;
        const front = Math.round(alpha[at]! * own) / 255;
        const behind = (100 / 255) * (1 - front);
        const sum = front + behind;
        assert.equal(made[at * 4 + 3], Math.round(sum * 255));
        for (let channel = 0; channel < 3; channel++) {
          const value = photo.data[at * photo.channels + channel]! * front + background.rgb[channel]! * behind;
          worst = Math.max(worst, Math.abs(made[at * 4 + channel]! - value / sum));
        }
      }
      assert.ok(worst <= 0.5 + 1e-9, `off by ${worst}`);
    });
  }

  it('laid on a colour gives what the composite on the mixed colour gives', async () => {
    const veiled = await pixels(scene(), ['composite', { background, format: 'png', decontaminate: false }]);
    const mixed = { kind: 'color', rgb: background.rgb.map((value) => Math.round((value * 100) / 255)) } as const;
    const clear = await pixels(scene(), [
      'composite',
      { background: mixed as never, format: 'png', decontaminate: false },
    ]);
    const worst = [...clear].map((value, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      return Math.abs(value - (veiled[pixel * 4 + channel]! * veiled[pixel * 4 + 3]!) / 255);
    });
    assert.ok(Math.max(...worst) <= 1.5, 'on black');
  });
});
