import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { Fault } from '../domain/fault.ts';
import { defaultLimits } from '../domain/limits.ts';
import { readHeader } from './header.ts';
import { quarters, randomFrom, rgb } from './testing/pictures.ts';

const formats = ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const;
const codes = new Set(['empty_image', 'unsupported_image', 'corrupt_image', 'image_too_large']);

function sample(format: (typeof formats)[number], orientation?: number): Promise<Buffer> {
  const picture = rgb(quarters(37, 21), 37, 21);
  return (orientation ? picture.withMetadata({ orientation }) : picture).toFormat(format).toBuffer();
}

async function faultOf(bytes: Uint8Array): Promise<Fault> {
  const outcome = await readHeader(bytes, defaultLimits).catch((error: unknown) => error);
  assert.ok(outcome instanceof Fault, `expected a Fault, received ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('readHeader', () => {
  for (const format of formats) {
    it(`reads the size of ${format}`, async () => {
      const header = await readHeader(await sample(format), defaultLimits);
      assert.deepEqual(header, {
        format,
        storedWidth: 37,
        storedHeight: 21,
        orientation: 1,
        width: 37,
        height: 21,
      });
    });
  }

  for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
    it(`reads the orientation of ${format} and swaps the sides of turned pictures`, async () => {
      for (let orientation = 1; orientation <= 8; orientation++) {
        const header = await readHeader(await sample(format, orientation), defaultLimits);
        assert.equal(header.orientation, orientation);
        assert.deepEqual([header.width, header.height], orientation >= 5 ? [21, 37] : [37, 21]);
      }
    });
  }

  it('reads size, crop, turn and mirror of the primary item of an AVIF', async () => {
    const ispe = [...box('ispe', [0, 0, 0, 0, ...u32(40), ...u32(30)])];
    const cases: [name: string, properties: number[][], width: number, height: number, orientation: number][] = [
      ['upright', [], 40, 30, 1],
      ['turned left', [box('irot', [1])], 30, 40, 8],
      ['turned right', [box('irot', [3])], 30, 40, 6],
      ['mirrored', [box('imir', [1])], 40, 30, 2],
      ['turned and mirrored', [box('irot', [1]), box('imir', [0])], 30, 40, 5],
      ['cropped', [box('clap', [20, 1, 10, 1, 0, 1, 0, 1].flatMap(u32))], 20, 10, 1],
    ];
    for (const [name, properties, width, height, orientation] of cases) {
      const header = await readHeader(avif([ispe, ...properties]), defaultLimits);
      assert.deepEqual([header.width, header.height, header.orientation], [width, height, orientation], name);
    }
  });

  it('measures a GIF by its frames where the decoder does so', async () => {
    const gif = Buffer.from(await sample('gif'));
    gif.writeUInt16LE(9000, 6); // a screen that libnsgif does not believe
    assert.equal((await readHeader(gif, defaultLimits)).width, 37);
  });

  it('says that no bytes are no image', async () => {
    assert.equal((await faultOf(new Uint8Array())).code, 'empty_image');
  });

  const refused: readonly [name: string, bytes: Uint8Array | string][] = [
    ['an SVG drawing', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['a PDF document', '%PDF-1.7\n%âãÏÓ\n'],
    ['a BMP image', Buffer.from('424d46000000000000003600000028000000', 'hex')],
    ['a HEIC image', Buffer.concat([Buffer.from(u32(24)), Buffer.from('ftypheic\0\0\0\0mif1heic')])],
    ['a JPEG XL image', Buffer.from('0000000c4a584c200d0a870a00000014667479706a786c20', 'hex')],
    [
      'a JPEG 2000 image',
      Buffer.concat([Buffer.from('0000000c6a5020200d0a870a00000014', 'hex'), Buffer.from('ftypjp2 ')]),
    ],
    ['a Photoshop document', Buffer.concat([Buffer.from('8BPS'), Buffer.alloc(30)])],
    ['an ICO icon', Buffer.from('00000100010010100000010020006804', 'hex')],
    ['a video file (MP4)', Buffer.concat([Buffer.from(u32(24)), Buffer.from('ftypisom\0\0\0\0isommp42')])],
    ['a camera raw file', Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0', 'latin1'), Buffer.alloc(30)])],
    ['a ZIP archive', Buffer.concat([Buffer.from('504b0506', 'hex'), Buffer.alloc(18)])],
    ['an HTML page', '<!DOCTYPE html><title>404</title>'],
    ['JSON', '{"image": "…"}'],
    ['plain text', 'hello, this is a picture of a cat'],
    ['bytes of no known format', Uint8Array.of(1, 2, 3, 4, 250, 251, 0)],
  ];
  for (const [name, bytes] of refused) {
    it(`refuses ${name} by its name`, async () => {
      const fault = await faultOf(Buffer.from(bytes));
      assert.equal(fault.code, 'unsupported_image');
      assert.equal(fault.message, `Expected a JPEG, PNG, WebP, AVIF, TIFF or GIF image but received ${name}.`);
    });
  }

  it('refuses 400 megapixels in a few hundred kilobytes from the header alone', async () => {
    const fault = await faultOf(bomb(20_000, 20_000));
    assert.equal(fault.code, 'image_too_large');
    assert.equal(
      fault.message,
      'Expected an image of at most 50 megapixels but received 400 megapixels (20000×20000).',
    );
  });

  it('refuses a side above the limit', async () => {
    const header = readHeader(bomb(300, 1), { ...defaultLimits, imageSideMax: 255 });
    await assert.rejects(header, { code: 'image_too_large', received: '300×1' });
  });

  for (const format of formats) {
    it(`answers every cut-off ${format} with a header or a fault of a known code`, async () => {
      const bytes = await sample(format);
      for (let length = 0; length < bytes.length; length++) await headerOrFault(bytes.subarray(0, length));
    });

    it(`answers every damaged ${format} with a header or a fault of a known code`, async () => {
      const bytes = await sample(format);
      const random = randomFrom(7);
      for (let round = 0; round < 1000; round++) {
        const damaged = Buffer.from(bytes);
        for (let hit = 0; hit < 4; hit++) damaged[Math.floor(random() * Math.min(400, bytes.length))] = random() * 256;
        await headerOrFault(damaged);
      }
    });
  }

  it('gives up on a JPEG of nothing but fill bytes and on an AVIF of nothing but empty boxes', async () => {
    const fill = Buffer.alloc(8_000_000, 0xff);
    fill[1] = 0xd8;
    assert.equal((await faultOf(fill)).code, 'corrupt_image');
    const empty = Buffer.concat([Buffer.from(avif([])), Buffer.from(box('free', [])).fill(0)]);
    assert.equal((await faultOf(empty)).code, 'corrupt_image');
  });
});

async function headerOrFault(bytes: Uint8Array): Promise<void> {
  try {
    const { width, height, orientation } = await readHeader(bytes, defaultLimits);
    assert.ok(width >= 1 && height >= 1 && orientation >= 1 && orientation <= 8);
  } catch (error) {
    assert.ok(error instanceof Fault && codes.has(error.code), String(error));
  }
}

function bomb(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write('IHDR', 4);
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header[16] = 8;
  const zeros = deflateSync(Buffer.alloc(50_000_000));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    header,
    Buffer.from(u32(zeros.length)),
    Buffer.from('IDAT'),
    zeros,
  ]);
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function box(type: string, content: readonly number[]): number[] {
  return [...u32(8 + content.length), ...Buffer.from(type), ...content];
}

/** The boxes of a header, without a picture. */
function avif(properties: readonly number[][]): Uint8Array {
  const indices = properties.map((_, index) => 0x80 | (index + 1));
  const ipma = box('ipma', [0, 0, 0, 0, ...u32(1), 0, 1, indices.length, ...indices]);
  const iprp = box('iprp', [...box('ipco', properties.flat()), ...ipma]);
  const meta = box('meta', [0, 0, 0, 0, ...box('pitm', [0, 0, 0, 0, 0, 1]), ...iprp]);
  return Uint8Array.from([...box('ftyp', [...Buffer.from('avif\0\0\0\0avifmif1')]), ...meta]);
}
