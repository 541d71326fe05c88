import type { Pixels } from '../../domain/image.ts';
import type { AnswerPlan, Background } from '../../domain/request.ts';
import { blurredBackground } from '../postprocess/blurredBackground.ts';
import { foregroundAlpha } from '../postprocess/foreground.ts';
import { foregroundColors } from '../postprocess/foregroundColors.ts';
import type { Scene } from '../scene.ts';
import { encodeCutout } from './cutout.ts';
import { encodePicture } from './picture.ts';

/** The foreground on a colour, on its own background blurred, or on nothing, which is the cut-out. */
export async function encodeComposite(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  if (plan.background.kind === 'transparent') return encodeCutout(scene, plan);
  const alpha = foregroundAlpha(scene, plan.foreground);
  const photo = await scene.photo();
  const front = plan.decontaminate && photo.channels === 3 ? foregroundColors(photo, alpha) : undefined;
  const data = composed(photo, front, alpha, behindOf(photo, alpha, plan.background));
  return encodePicture({ data, width: scene.width, height: scene.height, channels: 3 }, plan.format, plan);
}

/** RGB of the whole picture, or one colour for all of it. */
function behindOf(photo: Pixels, alpha: Uint8Array, background: Background): Uint8Array {
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
    const own = channels === 4 ? data[pixel * 4 + 3]! : 255; // what was transparent in the photo stays so
    const opacity = own === 255 ? alpha[pixel]! : Math.round((alpha[pixel]! * own) / 255);
    const rest = 255 - opacity;
    out[to] = (colors[from]! * opacity + behind[under]! * rest + 127) / 255;
    out[to + 1] = (colors[from + 1]! * opacity + behind[under + 1]! * rest + 127) / 255;
    out[to + 2] = (colors[from + 2]! * opacity + behind[under + 2]! * rest + 127) / 255;
    under += behindStep;
  }
  return out;
}
