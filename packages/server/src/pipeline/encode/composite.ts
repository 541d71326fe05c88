import type { Pixels } from '../../domain/image.ts';
import type { AnswerPlan, Background } from '../../domain/request.ts';
import { blurredBackground } from '../postprocess/blurredBackground.ts';
import { foregroundColors } from '../postprocess/foregroundColors.ts';
import { opacityOf } from '../postprocess/levels.ts';
import type { Scene } from '../scene.ts';
import { encodeCutout } from './cutout.ts';
import { encodePicture } from './picture.ts';

/** The foreground on a colour, clear or not, on its own background blurred, on another picture, or on nothing: the cut-out. */
export async function encodeComposite(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  if (plan.background.kind === 'transparent') return encodeCutout(scene, plan);
  const alpha = opacityOf(scene, plan);
  const photo = await scene.photo();
  const front = plan.decontaminate && photo.channels === 3 ? foregroundColors(photo, alpha) : undefined;
  const { width, height } = scene;
  if (plan.background.kind === 'veil') {
    const data = veiled(photo, front, alpha, plan.background);
    return encodePicture({ data, width, height, channels: 4 }, plan.format, plan);
  }
  const data = composed(photo, front, alpha, await behindOf(scene, photo, alpha, plan.background));
  return encodePicture({ data, width, height, channels: 3 }, plan.format, plan);
}

/** RGB of the whole picture, or one colour for all of it. */
async function behindOf(scene: Scene, photo: Pixels, alpha: Uint8Array, background: Background): Promise<Uint8Array> {
  if (background.kind === 'image' && scene.backdrop) return (await scene.backdrop(background.fit)).data;
  if (background.kind === 'color') return Uint8Array.from(background.rgb);
  const sigma = background.kind === 'blur' ? background.sigma * Math.max(photo.width, photo.height) : 0;
  return blurredBackground(photo, alpha, sigma);
}

/**
 * αF + (1 − α)B in the encoded values of sRGB, not in linear light: a matte is made (by models and by those who drew
 * their examples) so that this very sum gives the photo back, and it is how browsers lay a cut-out on a colour, so
 * both answers look the same. Linear light would make hair thinner on dark and thicker on bright backgrounds.
 */
function composed(photo: Pixels, front: Uint8Array | undefined, alpha: Uint8Array, behind: Uint8Array): Uint8Array {
  const { data, channels } = photo;
  const colors = front ?? data;
  const [step, behindStep] = [front ? 3 : channels, behind.length === 3 ? 0 : 3];
  const out = new Uint8Array(alpha.length * 3);
  for (let pixel = 0, to = 0, from = 0, under = 0; pixel < alpha.length; pixel++, to += 3, from += step) {
    const opacity = channels === 4 ? ofBoth(alpha[pixel]!, data[pixel * 4 + 3]!) : alpha[pixel]!;
    const rest = 255 - opacity;
    out[to] = (colors[from]! * opacity + behind[under]! * rest + 127) / 255;
    out[to + 1] = (colors[from + 1]! * opacity + behind[under + 1]! * rest + 127) / 255;
    out[to + 2] = (colors[from + 2]! * opacity + behind[under + 2]! * rest + 127) / 255;
    under += behindStep;
  }
  return out;
}

/** What was transparent in the photo stays so. */
function ofBoth(opacity: number, own: number): number {
  return own === 255 ? opacity : Math.round((opacity * own) / 255);
}

/**
 * Porter and Duff's "over" on a colour that lets something through: opacity α + β(1 − α), and as colour the mean of both by
 * their shares of it, since PNG and WebP hold colours that are not multiplied by their opacity.
 */
function veiled(
  { data, channels }: Pixels,
  front: Uint8Array | undefined,
  alpha: Uint8Array,
  { rgb: [red, green, blue], opacity: veil }: Extract<Background, { kind: 'veil' }>,
): Uint8Array {
  const colors = front ?? data;
  const step = front ? 3 : channels;
  const out = new Uint8Array(alpha.length * 4);
  for (let pixel = 0, to = 0, from = 0; pixel < alpha.length; pixel++, to += 4, from += step) {
    const opacity = channels === 4 ? ofBoth(alpha[pixel]!, data[pixel * 4 + 3]!) : alpha[pixel]!;
    const ofFront = opacity * 255; // both shares in 1/255², so that nothing is rounded before the end
    const ofVeil = veil * (255 - opacity);
    const sum = ofFront + ofVeil;
    const half = sum / 2; // rounds the divisions below
    out[to] = (colors[from]! * ofFront + red * ofVeil + half) / sum;
    out[to + 1] = (colors[from + 1]! * ofFront + green * ofVeil + half) / sum;
    out[to + 2] = (colors[from + 2]! * ofFront + blue * ofVeil + half) / sum;
    out[to + 3] = (sum + 127) / 255;
  }
  return out;
}
