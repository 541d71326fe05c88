import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { faultCodes } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { place } from '../domain/geometry.ts';
import { defaultLimits } from '../domain/limits.ts';
import { decodeFull, decodeToInput } from './decode.ts';
import { readHeader } from './header.ts';
import { tinySpec } from './testing/tinySpec.ts';

/** Photos and pictures made to break decoders; no part of the project, so absent on most machines. */
const shared = process.env.SEGSERVE_SHARED ?? path.resolve(import.meta.dirname, '../../../../../shared');
const folder = path.join(shared, 'images');
const skip = existsSync(folder) ? false : `no pictures at ${folder} (set SEGSERVE_SHARED)`;
const secondsMax = 20;

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe('pictures made to break decoders', { skip }, () => {
  for (const set of skip ? [] : readdirSync(folder)) {
    it(`give pixels or a clear refusal: ${set}`, async () => {
      for (const file of filesIn(path.join(folder, set))) {
        const started = performance.now();
        await pixelsOrFault(readFileSync(file), path.relative(folder, file));
        assert.ok(performance.now() - started < secondsMax * 1000, `${file} takes longer than ${secondsMax} s`);
      }
    });
  }

  it('decode to the same upright picture from every orientation in images/exif', async () => {
    const manifest = tinySpec({ input: { kernel: 'linear' } }).manifest.input;
    for (const name of ['Landscape', 'Portrait']) {
      const inputs = [1, 2, 3, 4, 5, 6, 7, 8].map(async (orientation) => {
        const bytes = readFileSync(path.join(folder, 'exif', `${name}_${orientation}.jpg`));
        const header = await readHeader(bytes, defaultLimits);
        assert.equal(header.orientation, orientation);
        return decodeToInput(bytes, header, place(header, manifest), manifest);
      });
      const [upright, ...others] = await Promise.all(inputs);
      for (const [index, other] of others.entries()) {
        const difference = other.reduce((sum, value, at) => sum + Math.abs(value - upright![at]!), 0) / other.length;
        assert.ok(
          difference < 3,
          `${name}_${index + 2} differs from ${name}_1 by ${difference.toFixed(1)} of 255 in the mean`,
        );
      }
    }
  });
});

/** Pixels of the size that the header promised, the same for model and photo, or a Fault that names no library and no path. */
async function pixelsOrFault(bytes: Uint8Array, name: string): Promise<void> {
  try {
    const header = await readHeader(bytes, defaultLimits);
    const { input } = tinySpec().manifest;
    const placement = place(header, input);
    assert.equal((await decodeToInput(bytes, header, placement, input)).length, 24 * 16 * 3, name);
    const photo = await decodeFull(bytes, header);
    assert.equal(photo.data.length, photo.width * photo.height * photo.channels, name);
    assert.deepEqual([photo.width, photo.height], [header.width, header.height], name);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    assert.ok(Object.hasOwn(faultCodes, error.code) && error.code !== 'internal', `${name}: ${error.message}`);
    assert.doesNotMatch(error.message, /vips|libpng|libjpeg|\/(work|tmp|home|usr)\//, name);
  }
}
