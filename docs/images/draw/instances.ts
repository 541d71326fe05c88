import type { Instances, Masks, TopClasses } from '@segserve/contract';
import sharp from 'sharp';
import { readCocoString } from '../../../packages/server/src/pipeline/regions/cocoRle.ts';
import type { Draw } from '../answerExample.ts';
import { over, sizeOf } from './frame.ts';
import { type Plane, tiles } from './grey.ts';
import { rowsOf } from './outlines.ts';

/** Masks from their run lengths, each in its own colour with its box. */
export const instances: Draw = async (answer, photo) => {
  const { width, height, instances: found } = JSON.parse(answer.toString()) as Instances;
  const drawing = found.map(({ color, box, segmentation }) => {
    const mask = rowsOf(maskOf(readCocoString(segmentation.counts), width, height), width);
    const { x, y, width: across, height: down } = box;
    return `<path d="${mask}" fill="${color}" fill-opacity="0.7"/><rect x="${x}" y="${y}" width="${across}" height="${down}" fill="none" stroke="${color}" stroke-width="0.6"/>`;
  });
  return over(photo, { width, height }, drawing.join(''));
};

/** Runs go down the columns, outside first. */
function maskOf(counts: readonly number[], width: number, height: number): Uint8Array {
  const inside = new Uint8Array(width * height);
  let at = 0;
  for (const [index, count] of counts.entries()) {
    for (const end = at + count; at < end; at++) {
      if (index % 2 === 1) inside[(at % height) * width + Math.floor(at / height)] = 255;
    }
  }
  return inside;
}

/** The PNGs beside each other. */
export const masks: Draw = async (answer) => {
  const made = JSON.parse(answer.toString()) as Masks;
  const planes = made.masks.map(async ({ label, png }): Promise<Plane> => {
    const { data, info } = await sharp(Buffer.from(png, 'base64')).raw().toBuffer({ resolveWithObject: true });
    const values = Float32Array.from({ length: info.width * info.height }, (_, at) => data[at * info.channels]! / 255);
    return { title: label, width: made.width, height: made.height, values };
  });
  return tiles(await Promise.all(planes));
};

/** The photo with a bar for each class. */
export const topk: Draw = async (answer, photo) => {
  const { classes } = JSON.parse(answer.toString()) as TopClasses;
  const { width, height } = await sizeOf(photo);
  const step = 30;
  const top = height - classes.length * step - 8;
  const bars = classes.map(({ label, score }, index) => {
    const y = top + index * step;
    const bar = `<rect x="12" y="${y}" width="${score * (width - 24)}" height="22" fill="#377eb8"/>`;
    return `${bar}<text x="20" y="${y + 17}" font-family="sans-serif" font-size="17" fill="#fff">${label} ${score.toFixed(3)}</text>`;
  });
  const veil = `<rect x="0" y="${top - 10}" width="${width}" height="${height - top + 10}" fill="#000" fill-opacity="0.6"/>`;
  return over(photo, { width, height }, veil + bars.join(''));
};
