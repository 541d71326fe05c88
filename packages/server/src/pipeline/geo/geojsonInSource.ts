import type { Geojson } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { Affine, Georeference } from './georeference.ts';

type Point = readonly [x: number, y: number];

/**
 * The same features in the coordinates of the GeoTIFF that came in. RFC 7946 knows WGS 84 alone and took the member `crs` of
 * the form before it (GeoJSON 2008, section 3) away; tools of the field still read it, and only it can name another system.
 */
export function geojsonInSource(bytes: Uint8Array, geo: Georeference | undefined): Uint8Array {
  const { affine, epsg } = geo ?? {};
  if (affine === undefined) {
    const expected = 'a GeoTIFF with an affine georeference for coordinates=source';
    throw Fault.expected('invalid_request', expected, geo ? 'one with tie points alone' : 'a picture without one');
  }
  const made = JSON.parse(Buffer.from(bytes).toString('utf8')) as Geojson;
  const { type, features, ...rest } = made;
  const crs =
    epsg === undefined ? {} : { crs: { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${epsg}` } } };
  const placed = features.map((feature) => {
    const coordinates = feature.geometry.coordinates.map((ring) =>
      turned(
        ring.map((point) => place(affine, point)),
        affine,
      ),
    );
    return { ...feature, bbox: boxOf(coordinates[0]!), geometry: { ...feature.geometry, coordinates } };
  });
  return Buffer.from(JSON.stringify({ type, ...crs, ...rest, features: placed }));
}

function place([a, b, c, d, e, f]: Affine, [column, row]: Point): Point {
  return [a * column + b * row + c, d * column + e * row + f];
}

/** Where the grid turns a picture over, as it does wherever rows run down and Y runs up, rings run the other way round. */
function turned(ring: readonly Point[], [a, b, , d, e]: Affine): readonly Point[] {
  return a * e - b * d < 0 ? ring.toReversed() : ring;
}

function boxOf(ring: readonly Point[]): readonly number[] {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  return [left, bottom, right, top];
}
