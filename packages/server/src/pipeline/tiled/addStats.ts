import type { ClassStats, Stats } from '@segserve/contract';

/** The statistics of a picture's upper part with those of the rows from `y` on added; shares are of the whole picture. */
export function addStats(whole: Stats, rows: Stats, y: number): Stats {
  const classes = new Map(whole.classes.map((one) => [one.id, one]));
  for (const one of rows.classes) {
    const moved = movedDown(one, y);
    const known = classes.get(one.id);
    classes.set(one.id, known ? sum(known, moved) : moved);
  }
  const area = whole.width * whole.height;
  const shared = [...classes.values()].map((one) => ({ ...one, share: one.pixels / area }));
  return { ...whole, classes: shared.toSorted((a, b) => b.pixels - a.pixels || a.id - b.id) };
}

function movedDown(one: ClassStats, y: number): ClassStats {
  const { box, centroid } = one;
  return { ...one, box: { ...box, y: box.y + y }, centroid: { x: centroid.x, y: centroid.y + y } };
}

function sum(a: ClassStats, b: ClassStats): ClassStats {
  const pixels = a.pixels + b.pixels;
  const mean = (one: number, other: number) => (one * a.pixels + other * b.pixels) / pixels;
  const x = Math.min(a.box.x, b.box.x);
  const y = Math.min(a.box.y, b.box.y);
  return {
    ...a,
    pixels,
    box: {
      x,
      y,
      width: Math.max(a.box.x + a.box.width, b.box.x + b.box.width) - x,
      height: Math.max(a.box.y + a.box.height, b.box.y + b.box.height) - y,
    },
    centroid: { x: mean(a.centroid.x, b.centroid.x), y: mean(a.centroid.y, b.centroid.y) },
    score: a.score === null || b.score === null ? null : mean(a.score, b.score),
  };
}
