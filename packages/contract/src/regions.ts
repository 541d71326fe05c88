import { z } from 'zod';
import { BoxSchema } from './answers.ts';

/** The answers made of regions: connected pixels of one class. Coordinates are pixel sides, x to the right, y down. */

const count = z.int().positive();
const classFacts = {
  class: z.int().min(0).describe('Class index as it stands in the class map'),
  label: z.string(),
  color: z.string().describe('Class colour, of an instance its own, #rrggbb'),
  instance: z
    .int()
    .positive()
    .optional()
    .describe('instance models: of which it is a part, by the number in the id map'),
  score: z.number().optional().describe('instance models: that of the instance, 0…1'),
  pixels: count.describe('Pixels of the region in the class map'),
};

/** How a region's mask stands in a COCO file. */
export const cocoMasks = ['polygon', 'rle', 'counts'] as const;
export type CocoMask = (typeof cocoMasks)[number];

export const RingSchema = z
  .array(z.tuple([z.int(), z.int()]))
  .min(3)
  .describe('Corners [x, y]; the first is not repeated. Lines never cross; rings may touch in corners');

export const PolygonsSchema = z.object({
  width: count,
  height: count,
  tolerance: z
    .number()
    .describe('A pixel may lie on the wrong side only where its border is at most this far, in pixels'),
  regions: z
    .array(
      z.object({
        ...classFacts,
        box: BoxSchema.describe('Smallest rectangle that holds every pixel of the region'),
        outer: RingSchema.describe('Runs clockwise as seen on a screen'),
        holes: z.array(RingSchema).describe('Run counter-clockwise as seen on a screen'),
      }),
    )
    .describe('Largest first'),
});
export type Polygons = z.infer<typeof PolygonsSchema>;

export const GeojsonSchema = z
  .object({
    type: z.literal('FeatureCollection'),
    features: z.array(
      z.object({
        type: z.literal('Feature'),
        bbox: z.tuple([z.int(), z.int(), z.int(), z.int()]).describe('Left, top, right, bottom'),
        properties: z.object(classFacts),
        geometry: z.object({
          type: z.literal('Polygon'),
          coordinates: z
            .array(z.array(z.tuple([z.int(), z.int()])).min(4))
            .min(1)
            .describe('Closed rings, the outer one first, by the right-hand rule in x right, y down'),
        }),
      }),
    ),
  })
  .describe('RFC 7946 in pixel coordinates: x to the right, y down');
export type Geojson = z.infer<typeof GeojsonSchema>;

const cocoRuns = z.object({
  size: z.tuple([count, count]).describe('Height, width'),
  counts: z.union([z.string(), z.array(z.int().min(0))]).describe('Run lengths in columns: compressed, or a list'),
});

export const CocoSchema = z.object({
  info: z.object({ description: z.string() }),
  licenses: z.array(z.unknown()),
  images: z.array(
    z.object({ id: z.int(), file_name: z.string().describe('For you to fill in'), width: count, height: count }),
  ),
  categories: z.array(z.object({ id: z.int().min(0).describe('Class index'), name: z.string() })),
  annotations: z.array(
    z.object({
      id: count,
      image_id: z.int(),
      category_id: z.int().min(0),
      iscrowd: z.literal(0),
      score: z.number().optional().describe('instance models: 0…1'),
      area: count.describe('Pixels of the region'),
      bbox: z.tuple([z.int(), z.int(), count, count]).describe('Left, top, width, height'),
      segmentation: z.union([z.array(z.array(z.number()).min(6)), cocoRuns]),
    }),
  ),
});
export type Coco = z.infer<typeof CocoSchema>;

export const LabelstudioSchema = z.array(
  z.object({
    data: z.object({ image: z.string().describe('For you to fill in') }),
    predictions: z.array(
      z.object({
        model_version: z.string(),
        result: z.array(
          z.object({
            id: z.string(),
            type: z.literal('brushlabels'),
            from_name: z.string(),
            to_name: z.string(),
            original_width: count,
            original_height: count,
            image_rotation: z.literal(0),
            score: z.number().optional(),
            value: z.object({
              format: z.literal('rle'),
              brushlabels: z.array(z.string()),
              rle: z.array(z.int().min(0).max(255)),
            }),
          }),
        ),
      }),
    ),
  }),
);
export type Labelstudio = z.infer<typeof LabelstudioSchema>;
