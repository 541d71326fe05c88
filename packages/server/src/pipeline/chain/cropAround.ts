import type { Region, Size } from '../../domain/geometry.ts';

/** The box with `margin` × its longer side around it, as far as the picture reaches: at least the box, in whole pixels. */
export function cropAround(box: Region, margin: number, picture: Size): Region {
  const pad = Math.round(margin * Math.max(box.width, box.height));
  const x = Math.max(0, box.x - pad);
  const y = Math.max(0, box.y - pad);
  return {
    x,
    y,
    width: Math.min(picture.width, box.x + box.width + pad) - x,
    height: Math.min(picture.height, box.y + box.height + pad) - y,
  };
}
