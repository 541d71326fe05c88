import type { Coco, Geojson, Labelstudio, Polygons, Stats } from '@segserve/contract';
import type { Draw } from '../answerExample.ts';
import { brushPixels } from './brush.ts';
import { over, sizeOf } from './frame.ts';

/** What each textual answer says, drawn from its text alone. */

type Points = readonly (readonly number[])[];
const pathOf = (points: Points) => `M${points.map(([x, y]) => `${x} ${y}`).join('L')}Z`;
const line = (color: string, path: string, { fill = 'none', width = 1.5 } = {}) =>
  `<path d="${path}" fill="${fill}" fill-opacity="0.25" fill-rule="evenodd" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>`;

/** The corners as dots, so that it is seen how few there are. */
export const polygons: Draw = async (answer, photo) => {
  const { width, height, regions } = JSON.parse(answer.toString()) as Polygons;
  const drawing = regions.map(({ outer, holes }) => {
    const rings = [outer, ...holes];
    const dots = rings
      .flat()
      .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="2.5" fill="#fff" stroke="#000" stroke-width="0.6"/>`);
    return line('#ff3366', rings.map(pathOf).join(''), { width: 2 }) + dots.join('');
  });
  return over(photo, { width, height }, drawing.join(''));
};

/** Each feature in its instance's own colour. */
export const geojson: Draw = async (answer, photo) => {
  const { features } = JSON.parse(answer.toString()) as Geojson;
  const drawing = features.map(({ geometry, properties: { color } }) =>
    line(color, geometry.coordinates.map(pathOf).join(''), { fill: color, width: 1 }),
  );
  return over(photo, await sizeOf(photo), drawing.join(''));
};

/** Polygons, and boxes in thin lines. */
export const coco: Draw = async (answer, photo) => {
  const { images, annotations } = JSON.parse(answer.toString()) as Coco;
  const drawing = annotations.map(({ bbox: [x, y, width, height], segmentation }) => {
    const rings = Array.isArray(segmentation) ? segmentation : [];
    const paths = rings.map((ring) =>
      pathOf(Array.from({ length: ring.length / 2 }, (_, at) => ring.slice(at * 2, at * 2 + 2))),
    );
    const box = `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="#fff" stroke-width="0.5"/>`;
    return box + line('#00e0a0', paths.join(''), { width: 1 });
  });
  return over(photo, images[0]!, drawing.join(''));
};

/** Shares of width and height. */
export const yolo: Draw = async (answer, photo) => {
  const { width, height } = await sizeOf(photo);
  const drawing = answer
    .toString()
    .trimEnd()
    .split('\n')
    .map((text) => {
      const [, ...shares] = text.split(' ').map(Number);
      const points = Array.from({ length: shares.length / 2 }, (_, at) => [
        shares[at * 2]! * width,
        shares[at * 2 + 1]! * height,
      ]);
      return line('#ffd400', pathOf(points), { width: 2 });
    });
  return over(photo, { width, height }, drawing.join(''));
};

/** The drawing itself, as any browser would lay it over the photo. */
export const svg: Draw = async (answer, photo) => {
  const text = answer.toString();
  const opacity = /fill-opacity="([^"]+)"/.exec(text)![1]!;
  const inner = text.replace(/^<svg[^>]*>/, '').replace('</svg>', '');
  return over(photo, await sizeOf(photo), `<g fill-rule="evenodd" fill-opacity="${opacity}">${inner}</g>`);
};

/** Boxes, and a cross at each centroid, in the class colours. */
export const stats: Draw = async (answer, photo) => {
  const { width, height, classes } = JSON.parse(answer.toString()) as Stats;
  const drawing = classes.map(({ label, share, color, box, centroid: { x, y } }) => {
    const frame = `<rect x="${box.x + 1}" y="${box.y + 1}" width="${box.width - 2}" height="${box.height - 2}" fill="none" stroke="${color}" stroke-width="3"/>`;
    const cross = `<path d="M${x - 9} ${y}h18M${x} ${y - 9}v18" stroke="#000" stroke-width="6"/><path d="M${x - 9} ${y}h18M${x} ${y - 9}v18" stroke="${color}" stroke-width="3"/>`;
    const words = `<text x="${x + 12}" y="${y + 6}" font-family="sans-serif" font-size="18" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">${label} ${(share * 100).toFixed(0)} %</text>`;
    return frame + cross + words;
  });
  return over(photo, { width, height }, drawing.join(''));
};

/** Each brush mask, decoded from its run lengths, as a veil of its own colour. */
export const labelstudio: Draw = async (answer, photo) => {
  const [task] = JSON.parse(answer.toString()) as Labelstudio;
  const results = task!.predictions[0]!.result;
  const { original_width: width, original_height: height } = results[0]!;
  const colors = ['#e41a1c', '#377eb8', '#ffbe00', '#4daf4a', '#984ea3'];
  const drawing = results.map(({ value }, index) => {
    const inside = brushPixels(Uint8Array.from(value.rle));
    return `<path d="${rowsOf(inside, width)}" fill="${colors[index % colors.length]}" fill-opacity="0.6"/>`;
  });
  return over(photo, { width, height }, drawing.join(''));
};

/** A mask as rows of rectangles one pixel high. */
export function rowsOf(inside: Uint8Array, width: number): string {
  const parts: string[] = [];
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] === 0) continue;
    const x = at % width;
    const y = Math.floor(at / width);
    let end = x;
    while (end < width && inside[y * width + end] !== 0) end++;
    parts.push(`M${x} ${y}h${end - x}v1h${x - end}z`);
    at = y * width + end - 1;
  }
  return parts.join('');
}
