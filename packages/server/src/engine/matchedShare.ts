type Ids = Uint16Array;

/** From this share of their union on two masks are of one thing. */
const sameFrom = 0.5;

/**
 * How far two id maps of one size (0: nothing) show the same things: pairs of masks whose intersection is at least half of
 * their union, each mask in one pair, divided by the number of things in the map that has more of them.
 */
export function matchedShare(made: Ids, expected: Ids): number {
  const [areas, others] = [areasOf(made), areasOf(expected)];
  const most = Math.max(areas.size, others.size);
  if (most === 0) return 1;
  const pairs = [...overlaps(made, expected)].flatMap(([key, pixels]) => {
    const [id, other] = [Math.floor(key / 65_536), key % 65_536];
    const share = pixels / (areas.get(id)! + others.get(other)! - pixels);
    return share >= sameFrom ? [{ id, other, share }] : [];
  });
  const [taken, takenThere] = [new Set<number>(), new Set<number>()];
  for (const { id, other } of pairs.sort((a, b) => b.share - a.share)) {
    if (taken.has(id) || takenThere.has(other)) continue; // exactly half may be shared with two
    taken.add(id);
    takenThere.add(other);
  }
  return taken.size / most;
}

function areasOf(ids: Ids): Map<number, number> {
  const areas = new Map<number, number>();
  for (const id of ids) if (id !== 0) areas.set(id, (areas.get(id) ?? 0) + 1);
  return areas;
}

/** Common pixels of each pair that has any; key: id × 65,536 + the other's id. */
function overlaps(made: Ids, expected: Ids): Map<number, number> {
  const common = new Map<number, number>();
  for (let at = 0; at < made.length; at++) {
    if (made[at] === 0 || expected[at] === 0) continue;
    const key = made[at]! * 65_536 + expected[at]!;
    common.set(key, (common.get(key) ?? 0) + 1);
  }
  return common;
}
