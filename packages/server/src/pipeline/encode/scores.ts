import { Fault } from '../../domain/fault.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { npyBytes } from './npy.ts';
import { encodeShares } from './shares.ts';

/** A quarter of a gigabyte: 32 classes at 1080p. */
const scoresBytesMax = 2 ** 28;

/** The probabilities of all classes, or of those that are named: float32 [classes, height, width], or one class as a PNG. */
export async function encodeScores(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const classes = plan.foreground ?? (scene.alpha ? [1] : [...Array(scene.scores?.classes ?? 0).keys()]);
  if (plan.format === 'png') return encodeShares(scene, planeOf(scene, classes[0]!), plan.depth);
  const pixels = width * height;
  if (pixels * classes.length * 4 > scoresBytesMax) {
    const hint = 'fewer classes with `classes`, or smaller ones with `size`';
    throw Fault.expected(
      'image_too_large',
      `scores of at most ${scoresBytesMax} bytes (${hint})`,
      `${classes.length} × ${height}×${width} floats`,
    );
  }
  const out = new Float32Array(pixels * classes.length);
  for (const [at, index] of classes.entries()) out.set(planeOf(scene, index), at * pixels);
  return npyBytes(out, [classes.length, height, width]);
}

function planeOf({ alpha, scores, spec }: Scene, index: number): Float32Array {
  if (alpha) return Float32Array.from(alpha, (value) => (index === 1 ? value : 255 - value) / 255);
  if (scores !== undefined && index < scores.classes) return scores.plane(index);
  throw Fault.expected(
    'model_invalid',
    `scores of class ${index} of ${spec.ref}`,
    `scores of ${scores?.classes ?? 0} classes`,
  );
}
