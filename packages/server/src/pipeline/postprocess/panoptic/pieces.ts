import type { Size } from '../../../domain/geometry.ts';
import type { Instance } from '../../instances/instance.ts';
import { measured } from '../../instances/spans.ts';

/** What one query won. */
export interface Piece {
  readonly class: number;
  readonly score: number;
  /** In pixels, more than 0. */
  readonly area: number;
}

/**
 * A map of pieces, numbered from 1, as segments, highest score first. Pieces of one class of stuff are one segment, whose score is theirs
 * by pixels. A piece that is undefined is none.
 */
export function piecesToSegments(
  map: Uint16Array,
  pieces: readonly (Piece | undefined)[],
  { width, height }: Size,
  things: ReadonlySet<number>,
): Instance[] {
  const groups = groupsOf(pieces, things);
  const numbers = new Uint32Array(pieces.length + 1);
  for (const [at, { members }] of groups.entries()) for (const member of members) numbers[member + 1] = at + 1;
  const spans = spansByNumber(map, numbers, width, height, groups.length);
  return groups.flatMap(({ class: index, score }, at) => {
    const own = Uint32Array.from(spans[at + 1]!);
    const facts = measured(own, width);
    return facts ? [{ id: at + 1, class: index, score, spans: own, ...facts }] : [];
  });
}

interface Group {
  readonly class: number;
  readonly score: number;
  /** Indices of pieces. */
  readonly members: readonly number[];
}

function groupsOf(pieces: readonly (Piece | undefined)[], things: ReadonlySet<number>): Group[] {
  const members = new Map<string, number[]>();
  for (const [at, piece] of pieces.entries()) {
    if (piece === undefined) continue;
    const key = things.has(piece.class) ? `thing ${at}` : `stuff ${piece.class}`;
    const own = members.get(key);
    if (own) own.push(at);
    else members.set(key, [at]);
  }
  const groups = [...members.values()].map((own) => ({
    class: pieces[own[0]!]!.class,
    score: meanScore(own.map((at) => pieces[at]!)),
    members: own,
  }));
  return groups.toSorted((a, b) => b.score - a.score);
}

function meanScore(pieces: readonly Piece[]): number {
  if (pieces.length === 1) return pieces[0]!.score;
  const area = pieces.reduce((sum, piece) => sum + piece.area, 0);
  return pieces.reduce((sum, piece) => sum + piece.score * piece.area, 0) / area;
}

/** One pass for all: runs of one number in a row, by number. */
function spansByNumber(
  map: Uint16Array,
  numbers: Uint32Array,
  width: number,
  height: number,
  count: number,
): number[][] {
  const spans: number[][] = Array.from({ length: count + 1 }, () => []);
  for (let y = 0, at = 0; y < height; y++) {
    const end = at + width;
    while (at < end) {
      const first = at;
      const number = numbers[map[at]!]!;
      while (at < end && numbers[map[at]!] === number) at++;
      if (number !== 0) spans[number]!.push(first, at);
    }
  }
  return spans;
}
