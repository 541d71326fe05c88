import { mediaTypes } from '@segserve/contract';

/** NumPy's names of the kinds of array that npy.ts writes. */
const dtypes: Readonly<Record<string, string>> = { '|u1': 'uint8', '<u2': 'uint16', '<f4': 'float32' };

/**
 * The numbers of a .npy file alone, little-endian, C order, for readers that know no NumPy; what they are stands in the media
 * type: `application/octet-stream; dtype=float32; shape="480,640"`.
 */
export function rawOfNpy(npy: Uint8Array): { readonly contentType: string; readonly bytes: Uint8Array } {
  const head = Buffer.from(npy.buffer, npy.byteOffset, npy.byteLength);
  const start = 10 + head.readUInt16LE(8);
  const dictionary = head.toString('latin1', 10, start);
  const [, descr = ''] = /'descr': '([^']+)'/.exec(dictionary) ?? [];
  const [, sides = ''] = /'shape': \(([^)]*)\)/.exec(dictionary) ?? [];
  const shape = sides
    .split(',')
    .flatMap((side) => side.trim() || [])
    .join(',');
  return {
    contentType: `${mediaTypes.raw}; dtype=${dtypes[descr]}; shape="${shape}"`,
    bytes: npy.subarray(start),
  };
}
