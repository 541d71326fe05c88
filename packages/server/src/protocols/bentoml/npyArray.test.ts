import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeText } from './jsonBody.ts';
import { nestedList } from './nestedList.ts';
import { readNpy } from './npyArray.ts';

function npy(type: string, shape: string, data: Uint8Array): Buffer {
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
  const head = Buffer.from(`\x93NUMPY\x01\x00..${dictionary}\n`, 'latin1');
  head.writeUInt16LE(118, 8);
  return Buffer.concat([head, data]);
}

/** The same bytes, beginning where no wider number may. */
function shifted(bytes: Buffer, by: number): Uint8Array {
  const room = new Uint8Array(bytes.length + by);
  room.set(bytes, by);
  return room.subarray(by);
}

test('Numbers of every width are read wherever they lie in memory', () => {
  const wide = npy('<u2', '1, 3', new Uint8Array(Uint16Array.of(1, 300, 65_535).buffer));
  const real = npy('<f4', '3, 1', new Uint8Array(Float32Array.of(0, 0.5, 1).buffer));
  for (const by of [0, 1, 2, 3, 4]) {
    const { height, width, data } = readNpy(shifted(wide, by));
    assert.deepEqual([height, width, ...data], [1, 3, 1, 300, 65_535]);
    assert.deepEqual([...readNpy(shifted(real, by)).data], [0, 0.5, 1]);
  }
});

test('What is no array of two sides, or has another number of numbers than it says, is a defect', () => {
  const four = Uint8Array.of(1, 2, 3, 4);
  for (const bytes of [npy('|u1', '4,', four), npy('|u1', '2, 3', four), npy('<i8', '2, 2', four)]) {
    assert.throws(() => readNpy(bytes), { code: 'internal' });
  }
});

test('A list longer than a slice is written as one, rows broken wherever the slice ends', async () => {
  for (const width of [1, 7, 1000, 32_768, 40_000]) {
    const height = Math.ceil(100_000 / width);
    const data = Uint8Array.from({ length: width * height }, (_, index) => (index * 7) % 256);
    const body = await nestedList({ height, width, data }, 0.5);
    const text = await wholeText(body);
    assert.equal(text.length, body.bytes);
    const rows = Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);
    assert.equal(text, JSON.stringify(rows).replaceAll(',', ', '));
  }
});
