import { Fault } from '../../domain/fault.ts';
import type { Instance } from '../instances/instance.ts';
import { paint } from '../instances/spans.ts';
import type { Scene } from '../scene.ts';
import { npyBytes } from './npy.ts';

/** A quarter of a gigabyte: 128 masks of 1080p. */
const tensorBytesMax = 2 ** 28;

/**
 * The numbers themselves, [height, width]: a matting model's opacity as float32 0…1 (of 256 steps, since the alpha has
 * 8 bits), a semantic model's classes as uint8, or uint16 above 256 classes. An instance model's masks one behind the other,
 * [N, height, width], 1 where the instance is.
 */
export async function encodeTensor(scene: Scene): Promise<Uint8Array> {
  const shape = [scene.height, scene.width];
  if (scene.instances) return npyBytes(planes(scene, scene.instances), [scene.instances.length, ...shape]);
  if (scene.alpha) return npyBytes(shares(scene.alpha), shape);
  const { data } = scene.labels;
  const narrow = data instanceof Uint16Array && scene.spec.labels.length <= 256;
  return npyBytes(narrow ? new Uint8Array(data) : data, shape);
}

function planes({ width, height }: Scene, instances: readonly Instance[]): Uint8Array {
  const pixels = width * height;
  if (pixels * instances.length > tensorBytesMax) {
    const received = `${instances.length} × ${height}×${width}`;
    const hint = 'smaller answers (size), fewer instances, or the answer `instances`';
    throw Fault.expected('image_too_large', `masks of at most ${tensorBytesMax} bytes (${hint})`, received);
  }
  const out = new Uint8Array(pixels * instances.length);
  for (const [at, { spans }] of instances.entries()) paint(out.subarray(at * pixels, (at + 1) * pixels), spans, 1);
  return out;
}

function shares(alpha: Uint8Array): Float32Array {
  const share = Float32Array.from({ length: 256 }, (_, value) => value / 255);
  const out = new Float32Array(alpha.length);
  for (let index = 0; index < alpha.length; index++) out[index] = share[alpha[index]!]!;
  return out;
}
