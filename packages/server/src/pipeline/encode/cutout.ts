import type { Pixels } from '../../domain/image.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { foregroundColors } from '../postprocess/foregroundColors.ts';
import { opacityOf } from '../postprocess/levels.ts';
import type { Scene } from '../scene.ts';
import { encodePicture } from './picture.ts';

/** The foreground on a transparent background. What was transparent in the photo stays so. */
export async function encodeCutout(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const alpha = opacityOf(scene, plan);
  const photo = await scene.photo();
  const { keepColors } = plan;
  const data =
    photo.channels === 4
      ? cutRgba(photo.data, alpha, keepColors)
      : cutRgb(colorsOf(photo, alpha, plan), alpha, keepColors);
  return encodePicture({ data, width: scene.width, height: scene.height, channels: 4 }, plan.format, plan);
}

/** The foreground's own colours. A photo with transparency was cut out before, so its colours are that already. */
function colorsOf(photo: Pixels, alpha: Uint8Array, { decontaminate }: AnswerPlan): Uint8Array {
  return decontaminate ? foregroundColors(photo, alpha) : photo.data;
}

/**
 * Colours under alpha 0 are left zero unless someone wants them: nobody sees them, they would tell what was cut away, and as
 * noise they make the PNG 2.5 times as large and slow.
 */
function cutRgb(rgb: Uint8Array, alpha: Uint8Array, keepColors: boolean): Uint8Array {
  const out = new Uint8Array(alpha.length * 4);
  for (let pixel = 0, from = 0, to = 0; pixel < alpha.length; pixel++, from += 3, to += 4) {
    const opacity = alpha[pixel]!;
    if (opacity === 0 && !keepColors) continue;
    out[to] = rgb[from]!;
    out[to + 1] = rgb[from + 1]!;
    out[to + 2] = rgb[from + 2]!;
    out[to + 3] = opacity;
  }
  return out;
}

function cutRgba(rgba: Uint8Array, alpha: Uint8Array, keepColors: boolean): Uint8Array {
  const out = new Uint8Array(rgba.length);
  for (let pixel = 0, at = 0; pixel < alpha.length; pixel++, at += 4) {
    const opacity = Math.round((alpha[pixel]! * rgba[at + 3]!) / 255);
    if (opacity === 0 && !keepColors) continue;
    out[at] = rgba[at]!;
    out[at + 1] = rgba[at + 1]!;
    out[at + 2] = rgba[at + 2]!;
    out[at + 3] = opacity;
  }
  return out;
}
