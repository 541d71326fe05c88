import { z } from 'zod';

/** What a request may say of how the mask is made: in tiles, averaged, of a part. */

export const flipChoices = ['none', 'horizontal', 'both'] as const;
export type Flips = (typeof flipChoices)[number];

/** What GeoJSON's numbers count. */
export const coordinateChoices = ['pixel', 'source'] as const;
export type Coordinates = (typeof coordinateChoices)[number];

export const scalesMax = 5;
export const tileSideMin = 32;
export const tileSideMax = 16_384;

/** As queries and forms write it, and as JSON does. */
const truth = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

const scaleList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map(Number) : typeof value === 'number' ? [value] : value),
  z.array(z.number().min(0.25).max(4)).min(1).max(scalesMax),
);

export const tileOptions = {
  tile: z
    .string()
    .regex(/^(auto|off|[1-9]\d{1,4}x[1-9]\d{1,4})$/, 'auto, off, or WIDTHxHEIGHT, as in 512x512')
    .optional()
    .describe(
      'semantic, matting: auto: in overlapping tiles of the model’s input size, at the picture’s own scale; WIDTHxHEIGHT: in tiles of so many pixels; off: whole; as the model’s manifest says when absent',
    ),
  flips: z
    .enum(flipChoices)
    .optional()
    .describe(
      'semantic, matting: average the probabilities of the mirror image too (twice the inference), with both of all four (four times); none when absent',
    ),
  scales: scaleList
    .optional()
    .describe(
      `semantic, matting: average the probabilities at these multiples of the input size, 0.25…4, at most ${scalesMax}; costs the sum of their squares; for models whose input size is not fixed`,
    ),
  region: z
    .string()
    .regex(/^\d{1,6},\d{1,6},[1-9]\d{0,5},[1-9]\d{0,5}$/, 'x,y,width,height in pixels, as in 100,50,640,480')
    .optional()
    .describe('x,y,width,height in pixels of the upright picture: only this part is looked at'),
  regionOnly: truth
    .optional()
    .describe(
      'With region: true: answers show the part alone, at its size; false: the whole picture, the rest of it background; true when absent',
    ),
  coordinates: z
    .enum(coordinateChoices)
    .optional()
    .describe(
      'geojson: source: in the coordinate system of the GeoTIFF that came in, which `crs` names; pixel when absent',
    ),
};
