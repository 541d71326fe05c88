import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { encodePicture } from './picture.ts';
import { encodePng } from './png.ts';

/** The class map in class colours: an indexed PNG, or RGB where that is asked for or the classes are too many for a palette. */
export async function encodeColor(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { data, width, height } = scene.labels;
  const palette = plan.colors ?? scene.spec.palette;
  if (data instanceof Uint8Array && !plan.trueColor)
    return encodePng({ data, width, height, palette: paletteFor(data, palette) });
  return encodePicture({ data: painted(data, palette), width, height, channels: 3 }, plan.format, {
    quality: undefined,
  });
}

/** Readers reject an index beyond the palette, so it reaches as far as the map does; classes without a colour are black. */
function paletteFor(data: Uint8Array, palette: Uint8Array): Uint8Array {
  let largest = 0;
  for (let index = 0; index < data.length; index++) largest = Math.max(largest, data[index]!);
  const full = new Uint8Array(Math.min(Math.max(largest + 1, palette.length / 3), 256) * 3);
  full.set(palette.subarray(0, full.length));
  return full;
}

function painted(data: Uint8Array | Uint16Array, palette: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length * 3);
  for (let index = 0, target = 0; index < data.length; index++, target += 3) {
    const color = data[index]! * 3;
    out[target] = palette[color] ?? 0;
    out[target + 1] = palette[color + 1] ?? 0;
    out[target + 2] = palette[color + 2] ?? 0;
  }
  return out;
}
