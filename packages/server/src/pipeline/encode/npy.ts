/** What NumPy calls each kind of array; little-endian where order matters. */
const descriptions = new Map<unknown, string>([
  [Uint8Array, '|u1'],
  [Uint16Array, '<u2'],
  [Float32Array, '<f4'],
]);

/**
 * Numbers as a .npy file, format version 1.0, C order (numpy.lib.format): magic, version, length of the header, a Python
 * dictionary padded with spaces to a multiple of 64 and ended by a line feed, and the numbers. `numpy.load` maps it
 * into memory without parsing; a reader without NumPy skips the header, whose length stands at byte 8.
 */
export function npyBytes(data: Uint8Array | Uint16Array | Float32Array, shape: readonly number[]): Uint8Array {
  const description = descriptions.get(data.constructor);
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${description}', 'fortran_order': False, 'shape': (${sides}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = Buffer.alloc(length, ' ', 'latin1');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', length - 1, 'latin1');
  return Buffer.concat([header, littleEndian(data)]);
}

function littleEndian(data: Uint8Array | Uint16Array | Float32Array): Uint8Array {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data.BYTES_PER_ELEMENT === 1 || isLittleEndian) return bytes;
  const copy = Buffer.from(bytes);
  return data.BYTES_PER_ELEMENT === 2 ? copy.swap16() : copy.swap32();
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
