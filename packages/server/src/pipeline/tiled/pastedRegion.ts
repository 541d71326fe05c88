import type { Region, Size } from '../../domain/geometry.ts';

/** A plane of a part of the picture in its place in the whole one; the rest holds `value`. */
export function pastedRegion<Plane extends Uint8Array | Uint16Array>(
  plane: Plane,
  part: Region,
  { width, height }: Size,
  value: number,
): Plane {
  const out = (
    plane instanceof Uint16Array ? new Uint16Array(width * height) : new Uint8Array(width * height)
  ) as Plane;
  if (value !== 0) out.fill(value);
  for (let y = 0; y < part.height; y++) {
    out.set(plane.subarray(y * part.width, (y + 1) * part.width), (part.y + y) * width + part.x);
  }
  return out;
}
