import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { isSrgb } from './iccProfile.ts';

async function profile(name: 'srgb' | 'p3' | 'cmyk'): Promise<Buffer> {
  const picture = sharp({ create: { width: 4, height: 4, channels: 3, background: '#123' } });
  const { icc } = await sharp(await picture.withIccProfile(name).jpeg().toBuffer()).metadata();
  return Buffer.from(icc!);
}

/** Where a tag's content begins. */
function offsetOf(icc: Buffer, tag: string): number {
  return icc.readUInt32BE(icc.indexOf(tag, 132, 'latin1') + 4);
}

describe('isSrgb', () => {
  it('knows sRGB by its numbers, whatever it is called', async () => {
    const icc = await profile('srgb');
    assert.equal(isSrgb(icc), true);
    icc.fill(0x61, offsetOf(icc, 'desc') + 12, offsetOf(icc, 'desc') + 16);
    assert.equal(isSrgb(icc), true);
  });

  it('knows that Display P3 and CMYK are not sRGB', async () => {
    assert.equal(isSrgb(await profile('p3')), false);
    assert.equal(isSrgb(await profile('cmyk')), false);
  });

  it('is not deceived by an sRGB name on another red', async () => {
    const icc = await profile('srgb');
    const red = offsetOf(icc, 'rXYZ') + 8;
    icc.writeInt32BE(icc.readInt32BE(red) + 0.02 * 65536, red);
    assert.equal(isSrgb(icc), false);
  });

  it('takes a plain gamma of 2.2 for what it is: not sRGB', () => {
    assert.equal(isSrgb(matrixProfile(2.2)), false);
  });

  it('knows sRGB by a table of its curve', () => {
    assert.equal(
      isSrgb(matrixProfile((tone) => (tone <= 0.04045 ? tone / 12.92 : ((tone + 0.055) / 1.055) ** 2.4))),
      true,
    );
  });

  it('says no to a profile that is cut off anywhere', async () => {
    const icc = await profile('srgb');
    const last = Math.max(...['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'].map((tag) => offsetOf(icc, tag)));
    for (let length = 0; length <= last; length++) assert.equal(isSrgb(icc.subarray(0, length)), false);
  });
});

/** A profile with the sRGB colorants and one tone curve for all three. */
function matrixProfile(curve: number | ((tone: number) => number)): Buffer {
  const colorants = { rXYZ: [0.4361, 0.2225, 0.0139], gXYZ: [0.3851, 0.7169, 0.0971], bXYZ: [0.1431, 0.0606, 0.7141] };
  const contents: [string, Buffer][] = Object.entries(colorants).map(([name, values]) => {
    const content = Buffer.alloc(20);
    content.write('XYZ ');
    values.forEach((value, index) => void content.writeInt32BE(Math.round(value * 65536), 8 + index * 4));
    return [name, content];
  });
  for (const name of ['rTRC', 'gTRC', 'bTRC']) contents.push([name, toneCurve(curve)]);
  const table = Buffer.alloc(4 + contents.length * 12);
  table.writeUInt32BE(contents.length);
  let offset = 128 + table.length;
  contents.forEach(([name, content], index) => {
    table.write(name, 4 + index * 12);
    table.writeUInt32BE(offset, 8 + index * 12);
    table.writeUInt32BE(content.length, 12 + index * 12);
    offset += content.length;
  });
  const head = Buffer.alloc(128);
  head.write('RGB XYZ ', 16);
  head.write('acsp', 36);
  return Buffer.concat([head, table, ...contents.map(([, content]) => content)]);
}

function toneCurve(curve: number | ((tone: number) => number)): Buffer {
  const numbers =
    typeof curve === 'number' ? [curve * 256] : Array.from({ length: 1024 }, (_, index) => curve(index / 1023) * 65535);
  const content = Buffer.alloc(12 + numbers.length * 2);
  content.write('curv');
  content.writeUInt32BE(numbers.length, 8);
  numbers.forEach((value, index) => void content.writeUInt16BE(Math.round(value), 12 + index * 2));
  return content;
}
