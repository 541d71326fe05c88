import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { inflateBody } from './inflateBody.ts';

const plain = Buffer.alloc(3_000_000, 'some bytes that repeat, ');
const bytesMax = plain.length;
const codings: [name: string, coding: string, compressed: Buffer][] = [
  ['gzip', 'gzip', gzipSync(plain)],
  ['x-gzip', 'X-Gzip ', gzipSync(plain)],
  ['deflate', 'deflate', deflateSync(plain)],
  ['deflate without its wrapper', 'deflate', deflateRawSync(plain)],
  ['br', 'br', brotliCompressSync(plain)],
];

describe('inflateBody', () => {
  it('gives a body without a coding, or with identity, as it is', async () => {
    for (const coding of [undefined, '', 'identity', ' Identity']) {
      assert.equal((await inflateBody(plain, coding, 1)).buffer, plain.buffer);
    }
  });

  for (const [name, coding, compressed] of codings) {
    it(`inflates ${name} up to the limit, and not a byte beyond`, async () => {
      assert.ok((await inflateBody(compressed, coding, bytesMax)).equals(plain));
      const tooLarge = { code: 'body_too_large', message: /at most 2999999 bytes/ };
      await assert.rejects(inflateBody(compressed, coding, bytesMax - 1), tooLarge);
    });

    it(`refuses ${name} that is broken, cut short or empty`, async () => {
      const broken = Buffer.from(compressed);
      broken.fill(0xff, 12, Math.min(40, broken.length));
      for (const body of [broken, compressed.subarray(0, compressed.length - 3), Buffer.alloc(0), plain]) {
        await assert.rejects(inflateBody(body, coding, 2 * bytesMax), { code: 'invalid_request', message: /broken/ });
      }
    });
  }

  it('reads gzip of several members', async () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    assert.equal((await inflateBody(members, 'gzip', 100)).toString(), 'one two');
  });

  it('ends a bomb of a gigabyte long before it is inflated', async () => {
    // One gzip of 1 MB zeros, 1000 times: gzip members follow one another.
    const bomb = Buffer.concat(Array(1000).fill(gzipSync(Buffer.alloc(1_000_000))));
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(inflateBody(bomb, 'gzip', 1_000_000), { code: 'body_too_large' });
    assert.ok(process.memoryUsage().arrayBuffers - before < 50_000_000);
  });

  it('refuses codings that it does not know, and several at once', async () => {
    for (const coding of ['zstd', 'compress', 'gzip, gzip', 'toString', '__proto__']) {
      await assert.rejects(inflateBody(plain, coding, bytesMax), { code: 'unsupported_media_type', message: /gzip/ });
    }
  });
});
