import type { Scene } from '../scene.ts';
import { npyBytes } from './npy.ts';

/**
 * The numbers themselves, [height, width]: a matting model's opacity as float32 0…1 (of 256 steps, since the alpha has
 * 8 bits), a semantic model's classes as uint8, or uint16 above 256 classes.
 */
export async function encodeTensor(scene: Scene): Promise<Uint8Array> {
  const shape = [scene.height, scene.width];
  if (scene.alpha) return npyBytes(shares(scene.alpha), shape);
  const { data } = scene.labels;
  const narrow = data instanceof Uint16Array && scene.spec.labels.length <= 256;
  return npyBytes(narrow ? new Uint8Array(data) : data, shape);
}

function shares(alpha: Uint8Array): Float32Array {
  const share = Float32Array.from({ length: 256 }, (_, value) => value / 255);
  const out = new Float32Array(alpha.length);
  for (let index = 0; index < alpha.length; index++) out[index] = share[alpha[index]!]!;
  return out;
}
