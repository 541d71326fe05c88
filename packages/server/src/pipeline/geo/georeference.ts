import type { Region, Size } from '../../domain/geometry.ts';
import { type ImageHeader, wholeSizeOf } from '../../domain/image.ts';
import { readTiffFields } from './readTiffFields.ts';
import type { TiffField } from './tiffField.ts';

/** OGC GeoTIFF 1.1 (19-008r4), annex B: where a raster lies, and in which system. */
const pixelScale = 33_550;
const tiepoints = 33_922;
const transformation = 34_264;
const geoKeys = 34_735;
const geoTags: ReadonlySet<number> = new Set([pixelScale, tiepoints, transformation, geoKeys, 34_736, 34_737]);

const keyModelType = 1024;
const keyRasterType = 1025;
const keyGeodetic = 2048;
const keyProjected = 3072;
const rasterPixelIsPoint = 2;
const userDefined = 32_767;

/** X = a·column + b·row + c and Y = d·column + e·row + f of a pixel's upper left corner. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Where a picture lies on the earth, as its GeoTIFF says. */
export interface Georeference {
  /** Undefined where only tie points are known that make no affine grid. */
  readonly affine: Affine | undefined;
  /** EPSG code of the coordinate system; undefined where the file defines its own or names none. */
  readonly epsg: number | undefined;
  /** The tags as they came. */
  readonly fields: readonly TiffField[];
}

/** Undefined: the picture says nothing of where it lies. A turned picture's tags speak of the raster before it was turned. */
export function georeferenceOf(bytes: Uint8Array, header: ImageHeader): Georeference | undefined {
  if (header.format !== 'tiff' || header.orientation !== 1) return undefined;
  const fields = readTiffFields(bytes, geoTags);
  const keys = fields.find(({ tag }) => tag === geoKeys)?.values ?? [];
  const affine = affineOf(fields, keyIn(keys, keyRasterType) === rasterPixelIsPoint);
  if (fields.length === 0 || (affine === undefined && !fields.some(({ tag }) => tag === tiepoints))) return undefined;
  return { affine, epsg: epsgOf(keys), fields };
}

/** The georeference of what an answer shows: a part of the picture, or all of it at another size. */
export function referenceOfAnswer(
  geo: Georeference,
  header: ImageHeader,
  shown: Size,
  inPlace: boolean,
): Georeference | undefined {
  const whole = wholeSizeOf(header);
  const part: Region = header.part && !inPlace ? header.part : { x: 0, y: 0, ...whole };
  const isSame = part.x === 0 && part.y === 0 && shown.width === whole.width && shown.height === whole.height;
  if (isSame) return geo;
  if (geo.affine === undefined) return undefined;
  const [a, b, c, d, e, f] = geo.affine;
  const across = part.width / shown.width;
  const down = part.height / shown.height;
  const corner = [a * part.x + b * part.y + c, d * part.x + e * part.y + f] as const;
  const affine: Affine = [a * across, b * down, corner[0], d * across, e * down, corner[1]];
  return { affine, epsg: geo.epsg, fields: fieldsFor(affine, geo.fields) };
}

/** The tags for another grid of the same system: a transformation says it all, and the raster's pixels are areas. */
function fieldsFor([a, b, c, d, e, f]: Affine, fields: readonly TiffField[]): TiffField[] {
  const kept = fields.filter(({ tag }) => tag !== pixelScale && tag !== tiepoints && tag !== transformation);
  const placed: TiffField[] =
    b === 0 && d === 0 && a > 0 && e < 0
      ? [
          { tag: pixelScale, type: 'double', values: [a, -e, 0] },
          { tag: tiepoints, type: 'double', values: [0, 0, 0, c, f, 0] },
        ]
      : [{ tag: transformation, type: 'double', values: [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1] }];
  return [...placed, ...kept.map(asArea)].toSorted((one, other) => one.tag - other.tag);
}

/** Pixels as points are half a pixel off; the grid above is that of areas. */
function asArea(field: TiffField): TiffField {
  if (field.tag !== geoKeys) return field;
  const values = [...field.values];
  for (let at = 4; at + 3 < values.length; at += 4) if (values[at] === keyRasterType) values[at + 3] = 1;
  return { ...field, values };
}

function affineOf(fields: readonly TiffField[], pixelIsPoint: boolean): Affine | undefined {
  const values = (wanted: number) => fields.find(({ tag }) => tag === wanted)?.values;
  const affine = ofTransformation(values(transformation)) ?? ofScale(values(pixelScale), values(tiepoints));
  if (affine === undefined || !affine.every(Number.isFinite)) return undefined;
  if (!pixelIsPoint) return affine;
  const [a, b, c, d, e, f] = affine;
  return [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2];
}

function ofTransformation(matrix: readonly number[] | undefined): Affine | undefined {
  if (matrix === undefined || matrix.length < 16) return undefined;
  return [matrix[0]!, matrix[1]!, matrix[3]!, matrix[4]!, matrix[5]!, matrix[7]!];
}

/** Rows run down and Y runs up. */
function ofScale(scale: readonly number[] | undefined, points: readonly number[] | undefined): Affine | undefined {
  if (scale === undefined || points === undefined || scale.length < 2 || points.length < 6) return undefined;
  const [across, down] = [scale[0]!, scale[1]!];
  const [column, row, , x, y] = [points[0]!, points[1]!, points[2]!, points[3]!, points[4]!];
  return [across, 0, x - column * across, 0, -down, y + row * down];
}

/** The model type says which of two keys names the system: 1 projected, 2 geographic. */
function epsgOf(keys: readonly number[]): number | undefined {
  const code =
    keyIn(keys, keyModelType) === 2
      ? keyIn(keys, keyGeodetic)
      : (keyIn(keys, keyProjected) ?? keyIn(keys, keyGeodetic));
  return code === undefined || code === 0 || code === userDefined ? undefined : code;
}

/** The directory: four numbers of head, then for each key its id, where its value stands (0: here), how many, and the value. */
function keyIn(keys: readonly number[], wanted: number): number | undefined {
  for (let at = 4; at + 3 < keys.length; at += 4) {
    if (keys[at] === wanted && keys[at + 1] === 0) return keys[at + 3];
  }
  return undefined;
}
