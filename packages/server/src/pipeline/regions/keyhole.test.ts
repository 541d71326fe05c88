import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keyhole } from './keyhole.ts';
import { traceRegions } from './regions.ts';
import type { Ring } from './rings.ts';
import { mask, nastyMasks, randomMasks } from './testing/masks.ts';

it('joins holes to the outer line, so that one line encloses what the rings did', () => {
  const sieve = mask('sieve', 23, 23, (x, y) => Number(x % 2 === 0 || y % 2 === 0));
  let holes = 0;
  for (const one of [sieve, ...nastyMasks(), ...randomMasks(40, 3)]) {
    for (const tolerance of [0, 1]) {
      for (const region of traceRegions(one, { classes: [1, 2, 3, 4], minArea: 0, tolerance })) {
        const line = keyhole(region.outer, region.holes);
        holes += region.holes.length;
        for (let y = 0; y < one.height; y++) {
          for (let x = 0; x < one.width; x++) {
            // Off the cuts, which lie half way through a row.
            const inRings = [region.outer, ...region.holes].filter((ring) => isInside(ring, x + 0.5, y + 0.3)).length;
            assert.equal(isInside(line, x + 0.5, y + 0.3), inRings % 2 === 1, `${one.name}, ${tolerance}: ${x}, ${y}`);
          }
        }
      }
    }
  }
  assert.ok(holes > 150);
});

function isInside(ring: Ring, x: number, y: number): boolean {
  let inside = false;
  for (let at = 0; at < ring.length; at += 2) {
    const [ax, ay, bx, by] = [ring[at]!, ring[at + 1]!, ring[(at + 2) % ring.length]!, ring[(at + 3) % ring.length]!];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}
