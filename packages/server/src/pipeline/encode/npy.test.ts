import assert from 'node:assert/strict';
import { test } from 'node:test';
import { npyBytes } from './npy.ts';

test('a .npy file is the magic, version 1.0, a padded dictionary and the numbers in C order', () => {
  const bytes = Buffer.from(npyBytes(Uint8Array.of(1, 2, 3, 4, 5, 6), [2, 3]));
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x93NUMPY\x01\x00');
  const length = bytes.readUInt16LE(8);
  assert.equal((10 + length) % 64, 0);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  assert.match(header, /^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/);
  assert.deepEqual([...bytes.subarray(10 + length)], [1, 2, 3, 4, 5, 6]);
});

test('numbers of two and of four bytes are little-endian', () => {
  const wide = Buffer.from(npyBytes(Uint16Array.of(0x0102, 700), [2, 1]));
  assert.match(wide.toString('latin1'), /'<u2'.*\(2, 1\)/);
  assert.deepEqual([...wide.subarray(-4)], [0x02, 0x01, 0xbc, 0x02]);
  const real = Buffer.from(npyBytes(Float32Array.of(0.5, 1), [1, 2]));
  assert.match(real.toString('latin1'), /'<f4'.*\(1, 2\)/);
  assert.deepEqual([real.readFloatLE(real.length - 8), real.readFloatLE(real.length - 4)], [0.5, 1]);
});

test('an array of one side is written as Python writes a tuple of one', () => {
  assert.match(Buffer.from(npyBytes(Uint8Array.of(1), [1])).toString('latin1'), /\(1,\), \}/);
});
