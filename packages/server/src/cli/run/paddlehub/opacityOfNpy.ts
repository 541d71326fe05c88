import { Fault } from '../../../domain/fault.ts';

export interface Opacity {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The 8-bit opacity inside a tensor answer of a matting model, which has it as shares of 255 in a .npy file. */
export function opacityOfNpy(bytes: Uint8Array): Opacity {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 10 + view.getUint16(8, true);
  const head = Buffer.from(bytes.subarray(10, start)).toString('latin1');
  const [, height, width] = /'shape': \((\d+), (\d+)\)/.exec(head) ?? [];
  if (!head.includes("'<f4'") || width === undefined || height === undefined) {
    throw new Fault('unknown_answer', 'Expected a model that gives opacity but received one that gives classes.');
  }
  const data = new Uint8Array(Number(width) * Number(height));
  for (let index = 0; index < data.length; index++) {
    data[index] = Math.round(view.getFloat32(start + 4 * index, true) * 255);
  }
  return { data, width: Number(width), height: Number(height) };
}
