import type { ClassMap, Pixels } from '../../domain/image.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { encodeInstanceOverlay } from './instanceOverlay.ts';
import { encodePicture } from './picture.ts';

/** The photo (on white where it is transparent) with the class colours laid over it; the background stays as it is. Instances have each a colour of its own. */
export async function encodeOverlay(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  if (scene.instances) return encodeInstanceOverlay(scene, scene.instances, plan);
  const palette = plan.colors ?? scene.spec.palette;
  const data = overlaid(await scene.photo(), scene.labels, palette, scene.background, plan.opacity);
  return encodePicture({ data, width: scene.width, height: scene.height, channels: 3 }, plan.format, plan);
}

/** In steps of 1/256, so that every class needs one product of a table and one of the photo. */
function overlaid(
  photo: Pixels,
  { data: labels }: ClassMap,
  palette: Uint8Array,
  background: number | undefined,
  opacity: number,
): Uint8Array {
  const classes = labels instanceof Uint8Array ? 256 : 65_536;
  const keep = new Uint16Array(classes).fill(256);
  const paint = new Uint16Array(classes * 3);
  const share = Math.round(opacity * 256);
  for (let index = 0; index < Math.min(classes, palette.length / 3); index++) {
    if (index === background) continue;
    keep[index] = 256 - share;
    for (let channel = 0; channel < 3; channel++) paint[index * 3 + channel] = palette[index * 3 + channel]! * share;
  }
  const opaque = photo.channels === 4 ? onWhite(photo.data) : photo.data;
  return blend(opaque, labels, keep, paint);
}

function blend(photo: Uint8Array, labels: Uint8Array | Uint16Array, keep: Uint16Array, paint: Uint16Array): Uint8Array {
  const out = new Uint8Array(photo.length);
  for (let pixel = 0, at = 0; pixel < labels.length; pixel++, at += 3) {
    const label = labels[pixel]!;
    const kept = keep[label]!;
    const color = label * 3;
    out[at] = (photo[at]! * kept + paint[color]! + 128) >> 8;
    out[at + 1] = (photo[at + 1]! * kept + paint[color + 1]! + 128) >> 8;
    out[at + 2] = (photo[at + 2]! * kept + paint[color + 2]! + 128) >> 8;
  }
  return out;
}

export function onWhite(rgba: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    const white = (255 - alpha) * 255 + 127; // 127: rounds the division below
    out[to] = (rgba[from]! * alpha + white) / 255;
    out[to + 1] = (rgba[from + 1]! * alpha + white) / 255;
    out[to + 2] = (rgba[from + 2]! * alpha + white) / 255;
  }
  return out;
}
