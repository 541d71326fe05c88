import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { npyBytes } from './npy.ts';
import { rawOfNpy } from './rawOfNpy.ts';

describe('numbers without a NumPy header', () => {
  const cases = [
    ['uint8', Uint8Array.of(1, 2, 3, 4, 5, 6), [2, 3]],
    ['uint16', Uint16Array.of(1, 300, 65_535), [1, 3]],
    ['float32', Float32Array.of(0.25, -1, 1e9, 0), [1, 2, 2]],
    ['float32', new Float32Array(40_000), [40_000]],
  ] as const;
  for (const [dtype, data, shape] of cases) {
    it(`${dtype} [${shape}] come as they are, their type and shape in the media type`, () => {
      const { contentType, bytes } = rawOfNpy(npyBytes(data, shape));
      assert.equal(contentType, `application/octet-stream; dtype=${dtype}; shape="${shape}"`);
      assert.deepEqual(Buffer.from(bytes), Buffer.from(data.buffer));
    });
  }
});
