export interface NpyArray {
  /** As it stands in the file. */
  readonly header: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint8Array;
}

/** The arrays that segserve writes: format 1.0, C order, float32 or uint8. */
export function readNpy(bytes: Buffer): NpyArray {
  const headerBytes = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerBytes).trim();
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const data = Uint8Array.from(bytes.subarray(10 + headerBytes));
  return { header, shape, values: header.includes("'<f4'") ? new Float32Array(data.buffer) : data };
}
