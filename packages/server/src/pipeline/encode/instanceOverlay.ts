import type { Size } from '../../domain/geometry.ts';
import type { PictureSpec } from '../../domain/modelSpec.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Instance } from '../instances/instance.ts';
import { idMap } from '../instances/painted.ts';
import { segmentColor } from '../instances/segmentColor.ts';
import type { Scene } from '../scene.ts';
import { onWhite } from './overlay.ts';
import { encodePicture } from './picture.ts';

/**
 * The photo with each instance in a colour of its own, and a line in the full colour along its border: two of one class
 * that touch can be told apart. Colours by class where the request brings its own.
 */
export async function encodeInstanceOverlay(
  scene: Scene,
  instances: readonly Instance[],
  plan: AnswerPlan,
): Promise<Uint8Array> {
  const { data, channels } = await scene.photo();
  const opaque = channels === 4 ? onWhite(data) : data;
  const out = laidOver(
    opaque,
    idMap(scene, instances),
    colorTable(scene.spec, instances, plan.colors),
    scene,
    plan.opacity,
  );
  return encodePicture({ data: out, width: scene.width, height: scene.height, channels: 3 }, plan.format, plan);
}

/** R, G, B by id. */
function colorTable(spec: PictureSpec, instances: readonly Instance[], byClass: Uint8Array | undefined): Uint8Array {
  const table = new Uint8Array(instances.reduce((most, { id }) => Math.max(most, id), 0) * 3 + 3);
  for (const one of instances) {
    const { id, class: index } = one;
    table.set(byClass ? byClass.subarray(index * 3, index * 3 + 3) : segmentColor(spec, one), id * 3);
  }
  return table;
}

function laidOver(
  photo: Uint8Array,
  ids: Uint16Array,
  colors: Uint8Array,
  { width, height }: Size,
  opacity: number,
): Uint8Array {
  const out = new Uint8Array(photo);
  const line = Math.max(1, Math.round(Math.max(width, height) / 700));
  const share = Math.round(opacity * 256);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const id = ids[pixel]!;
      if (id === 0) continue;
      const weight = isBorder(ids, pixel, id, x, y, width, height, line) ? 256 : share;
      const keep = 256 - weight;
      const to = pixel * 3;
      const from = id * 3;
      out[to] = (out[to]! * keep + colors[from]! * weight + 128) >> 8;
      out[to + 1] = (out[to + 1]! * keep + colors[from + 1]! * weight + 128) >> 8;
      out[to + 2] = (out[to + 2]! * keep + colors[from + 2]! * weight + 128) >> 8;
    }
  }
  return out;
}

/** Whether another id, or none, is this far to any side. The picture's own edge is no border. */
function isBorder(
  ids: Uint16Array,
  pixel: number,
  id: number,
  x: number,
  y: number,
  width: number,
  height: number,
  line: number,
): boolean {
  return (
    (x >= line && ids[pixel - line] !== id) ||
    (x + line < width && ids[pixel + line] !== id) ||
    (y >= line && ids[pixel - line * width] !== id) ||
    (y + line < height && ids[pixel + line * width] !== id)
  );
}
