import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, parseByteSize } from './byteSize.ts';

test('A size is whole bytes, in units of 1024 or of 1000 as its name says', () => {
  assert.equal(parseByteSize('512'), 512);
  assert.equal(parseByteSize('2GiB'), 2 * 1024 ** 3);
  assert.equal(parseByteSize('1.5 MiB'), 1.5 * 1024 ** 2);
  assert.equal(parseByteSize('64kB'), 64_000);
  assert.equal(parseByteSize('0.3B'), 0);
});

test('What is no size is undefined', () => {
  for (const text of ['', 'GiB', '-1MiB', '1 gib', '1e3', '2 GiB of RAM', '1,5MiB', '99999999TiB']) {
    assert.equal(parseByteSize(text), undefined, text);
  }
});

test('Bytes are shown in the largest unit that fits', () => {
  assert.equal(formatBytes(0), '0 bytes');
  assert.equal(formatBytes(1023), '1023 bytes');
  assert.equal(formatBytes(32 * 1024 ** 2), '32 MiB');
  assert.equal(formatBytes(1.5 * 1024 ** 3), '1.5 GiB');
});
