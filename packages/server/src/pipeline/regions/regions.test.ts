import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClassMap } from '../../domain/image.ts';
import { rasterize } from './rasterize.ts';
import { doubleArea, type Region, traceRegions } from './regions.ts';
import { mask, nastyMasks, randomMasks, spiral } from './testing/masks.ts';

const all = [1, 2, 3, 4, 5];
const masks = [...nastyMasks(), ...randomMasks(120)];
const tolerances = [0.5, 1, 1.5, 3];

function painted(regions: readonly Region[], { width, height }: ClassMap): Uint8Array {
  const data = new Uint8Array(width * height);
  for (const { outer, holes, class: value } of regions) rasterize(data, width, [outer, ...holes], value);
  return data;
}

describe('traceRegions', () => {
  it('gives polygons whose pixels are the class map, exactly, without tolerance', () => {
    for (const one of masks) {
      const regions = traceRegions(one, { classes: all, minArea: 0, tolerance: 0 });
      assert.deepEqual(painted(regions, one), one.data, one.name);
      for (const region of regions) {
        const areas = [region.outer, ...region.holes].map((ring) => doubleArea(ring) / 2);
        assert.equal(
          areas.reduce((sum, area) => sum + area, 0),
          region.pixels,
          one.name,
        );
      }
    }
  });

  it('moves no pixel farther than the tolerance from its border', () => {
    for (const one of masks) {
      for (const tolerance of tolerances) {
        const regions = traceRegions(one, { classes: all, minArea: 0, tolerance });
        const data = painted(regions, one);
        for (let pixel = 0; pixel < data.length; pixel++) {
          if (data[pixel] === one.data[pixel]) continue;
          const away = distanceToBorder(one, pixel);
          assert.ok(away <= tolerance + 1e-9, `${one.name}, tolerance ${tolerance}: ${away} pixels away`);
        }
      }
    }
  });

  it('never lets lines cross, touch or lie on each other but in common points, whatever the tolerance', () => {
    for (const one of masks) {
      for (const tolerance of [0, ...tolerances, 20]) {
        assertPlanar(traceRegions(one, { classes: all, minArea: 0, tolerance }), `${one.name}, ${tolerance}`);
      }
    }
  });

  it('keeps every region, its holes, and its sense, whatever the tolerance', () => {
    for (const one of masks) {
      const exact = traceRegions(one, { classes: all, minArea: 0, tolerance: 0 });
      for (const tolerance of tolerances) {
        const regions = traceRegions(one, { classes: all, minArea: 0, tolerance });
        assert.deepEqual(
          regions.map(({ class: value, pixels, holes }) => [value, pixels, holes.length]),
          exact.map(({ class: value, pixels, holes }) => [value, pixels, holes.length]),
          one.name,
        );
        for (const { outer, holes } of regions) {
          assert.ok(outer.length >= 6 && doubleArea(outer) > 0, one.name);
          for (const hole of holes) assert.ok(hole.length >= 6 && doubleArea(hole) < 0, one.name);
        }
      }
    }
  });

  it('has the full frame from 0, 0 to width, height', () => {
    const [region] = traceRegions(
      mask('full', 7, 5, () => 3),
      { classes: [3], minArea: 0, tolerance: 1 },
    );
    assert.deepEqual(region!.outer, [0, 0, 7, 0, 7, 5, 0, 5]);
    assert.deepEqual(region!.box, { x: 0, y: 0, width: 7, height: 5 });
  });

  it('leaves regions below minArea out, and the rest as it is', () => {
    for (const one of masks.slice(0, 60)) {
      const regions = traceRegions(one, { classes: all, minArea: 0, tolerance: 0 });
      const large = traceRegions(one, { classes: all, minArea: 4, tolerance: 0 });
      assert.deepEqual(
        painted(large, one),
        painted(
          regions.filter(({ pixels }) => pixels >= 4),
          one,
        ),
        one.name,
      );
    }
  });

  it('looks at no other classes than those asked for', () => {
    for (const one of masks.slice(0, 60)) {
      const regions = traceRegions(one, { classes: [2], minArea: 0, tolerance: 0 });
      assert.deepEqual(
        painted(regions, one),
        one.data.map((value) => (value === 2 ? 2 : 0)),
        one.name,
      );
    }
  });

  it('takes 65,536 regions of as many classes', () => {
    const data = Uint16Array.from({ length: 65_536 }, (_, index) => index);
    const classes = [...data];
    const regions = traceRegions({ data, width: 256, height: 256 }, { classes, minArea: 0, tolerance: 1 });
    assert.equal(regions.length, 65_536);
    const back = new Uint16Array(65_536);
    for (const { outer, class: value } of regions) rasterize(back, 256, [outer], value);
    assert.deepEqual(back, data);
  });

  it('refuses noise whose answer would fill the memory, and says what helps', () => {
    const noise = mask('noise', 2100, 1000, (x, y) => (x + y) % 2);
    const options = { classes: [0, 1], minArea: 0, tolerance: 0 };
    assert.throws(() => traceRegions(noise, options), { code: 'image_too_large', message: /minArea/ });
    assert.deepEqual(traceRegions(noise, { ...options, minArea: 2 }), []);
  });

  it('draws a slope with few points', () => {
    const slope = mask('slope', 200, 100, (x, y) => Number(2 * y > x));
    const [exact] = traceRegions(slope, { classes: [1], minArea: 0, tolerance: 0 });
    const [region] = traceRegions(slope, { classes: [1], minArea: 0, tolerance: 1 });
    assert.ok(exact!.outer.length > 300);
    assert.ok(region!.outer.length < 20, `${region!.outer.length / 2} points`);
  });

  it('leaves single pixels and straight lines of pixels as they are', () => {
    const dots = mask('dots', 40, 9, (x, y) => Number((x === 2 && y === 2) || (y === 6 && x > 4 && x < 35)));
    const options = { classes: [1], minArea: 0 };
    const corners = (tolerance: number) => traceRegions(dots, { ...options, tolerance }).map(({ outer }) => outer);
    assert.deepEqual(corners(1), corners(0));
  });

  it('does not cut the spiral through', () => {
    const one = spiral(65);
    assert.equal(traceRegions(one, { classes: [1], minArea: 0, tolerance: 5 }).length, 1);
  });
});

/** From a pixel's centre to the nearest pixel side between two classes or at the frame, in pixels. */
function distanceToBorder({ data, width, height }: ClassMap, pixel: number): number {
  const [cx, cy] = [(pixel % width) + 0.5, Math.floor(pixel / width) + 0.5];
  let nearest = Number.POSITIVE_INFINITY;
  const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? -1 : data[y * width + x]);
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (at(x, y) !== at(x - 1, y)) nearest = Math.min(nearest, Math.hypot(cx - x, Math.max(y - cy, cy - y - 1, 0)));
      if (at(x, y) !== at(x, y - 1)) nearest = Math.min(nearest, Math.hypot(cy - y, Math.max(x - cx, cx - x - 1, 0)));
    }
  }
  return nearest;
}

type Segment = readonly [number, number, number, number];

function assertPlanar(regions: readonly Region[], name: string): void {
  const unique = new Map<string, Segment>();
  for (const { outer, holes } of regions) {
    for (const ring of [outer, ...holes]) {
      const corners = new Set<string>();
      for (let at = 0; at < ring.length; at += 2) {
        const [ax, ay, bx, by] = [
          ring[at]!,
          ring[at + 1]!,
          ring[(at + 2) % ring.length]!,
          ring[(at + 3) % ring.length]!,
        ];
        assert.ok(!corners.has(`${ax},${ay}`), `${name}: a ring visits ${ax}, ${ay} twice`);
        corners.add(`${ax},${ay}`);
        const segment: Segment = ax < bx || (ax === bx && ay < by) ? [ax, ay, bx, by] : [bx, by, ax, ay];
        unique.set(segment.join(), segment);
      }
    }
  }
  const segments = [...unique.values()].sort((a, b) => a[0] - b[0]);
  for (const [index, one] of segments.entries()) {
    for (let other = index + 1; other < segments.length && segments[other]![0] <= one[2]; other++) {
      assert.ok(!meetBadly(one, segments[other]!), `${name}: ${one} and ${segments[other]} cross`);
    }
  }
}

/** Whether two different segments share any point that is not an end of both. Whole numbers: exact. */
function meetBadly(a: Segment, b: Segment): boolean {
  const side = (s: Segment, x: number, y: number) => Math.sign((s[2] - s[0]) * (y - s[1]) - (s[3] - s[1]) * (x - s[0]));
  const on = (s: Segment, x: number, y: number) =>
    side(s, x, y) === 0 && x >= s[0] && x <= s[2] && y >= Math.min(s[1], s[3]) && y <= Math.max(s[1], s[3]);
  const isEnd = (s: Segment, x: number, y: number) => (x === s[0] && y === s[1]) || (x === s[2] && y === s[3]);
  for (const [s, t] of [
    [a, b],
    [b, a],
  ] as const) {
    if (on(s, t[0], t[1]) && !isEnd(s, t[0], t[1])) return true;
    if (on(s, t[2], t[3]) && !isEnd(s, t[2], t[3])) return true;
  }
  const crosses = (s: Segment, t: Segment) => side(s, t[0], t[1]) * side(s, t[2], t[3]) < 0;
  return crosses(a, b) && crosses(b, a);
}
