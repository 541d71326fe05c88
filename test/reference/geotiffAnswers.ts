/** Prints what we answer to GeoTIFFs that GDAL wrote, for geotiff.py to have GDAL read it. */
import { readFileSync } from 'node:fs';
import { defaultLimits } from '../../packages/server/src/domain/limits.ts';
import type { MaskPlan } from '../../packages/server/src/domain/request.ts';
import { TensorProto_DataType as Type } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../packages/server/src/graph/testing/buildModel.ts';
import { readHeader } from '../../packages/server/src/pipeline/header.ts';
import { plan } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { answered } from '../../packages/server/src/pipeline/tiled/testing/answered.ts';
import { freeSpec } from '../../packages/server/src/pipeline/tiled/testing/convolution.ts';

/** What is asked for of a picture, in its pixels. */
export interface GeoCase {
  readonly region?: readonly [x: number, y: number, width: number, height: number];
  readonly size?: readonly [width: number, height: number];
}

export interface GeoAnswer {
  readonly source: string;
  readonly case: GeoCase;
  /** base64 of the TIFFs. */
  readonly labels: string;
  readonly color: string;
  /** In the source's coordinates; null where the picture's place cannot be said by a grid. */
  readonly geojson: string | null;
}

export interface GeoSource {
  readonly name: string;
  readonly tiff: string;
}

const file = new URL('geotiffSources.json', import.meta.url);
/** GeoTIFFs written by GDAL; geotiff.py says how. */
export const geoSources: readonly GeoSource[] = JSON.parse(readFileSync(file, 'utf8')).sources;

export const geoCases: readonly GeoCase[] = [
  {},
  { region: [7, 5, 20, 16] },
  { size: [90, 16] },
  { region: [10, 12, 30, 20], size: [15, 40] },
];

/** Logits are red, green and blue: the class is the strongest. */
const graph = writeModel(
  buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: Type.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: Type.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    body: (write) => void write.add('Identity', ['x'], {}, 'y'),
  }),
);
const spec = freeSpec(3, { input: { size: { rule: 'free', multiple: 1 } } });
const tiffs = [plan('labels', { format: 'tiff' }), plan('color', { format: 'tiff' })];
const outlines = plan('geojson', { tolerance: 0, coordinates: 'source', foreground: [0, 1, 2] });

export async function geoAnswer(source: GeoSource, wish: GeoCase): Promise<GeoAnswer> {
  const image = Buffer.from(source.tiff, 'base64');
  const whole = await readHeader(image, defaultLimits);
  const part = wish.region && { x: wish.region[0], y: wish.region[1], width: wish.region[2], height: wish.region[3] };
  const header = part ? { ...whole, width: part.width, height: part.height, part } : whole;
  const mask: Partial<MaskPlan> = wish.size ? { size: { width: wish.size[0], height: wish.size[1] } } : {};
  const isGrid = source.name !== 'control points';
  const answers = isGrid ? [...tiffs, outlines] : tiffs;
  const made = await answered({ spec, graph, image, mask, job: { header, answers } });
  const [labels, color, geojson] = made.answers.map(({ bytes }) => Buffer.from(bytes));
  return {
    source: source.name,
    case: wish,
    labels: labels!.toString('base64'),
    color: color!.toString('base64'),
    geojson: geojson?.toString() ?? null,
  };
}

export async function allGeoAnswers(): Promise<{ sources: readonly GeoSource[]; answers: GeoAnswer[] }> {
  const answers: GeoAnswer[] = [];
  for (const source of geoSources) for (const wish of geoCases) answers.push(await geoAnswer(source, wish));
  return { sources: geoSources, answers };
}

if (import.meta.main) console.log(JSON.stringify(await allGeoAnswers()));
