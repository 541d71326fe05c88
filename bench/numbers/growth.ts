import { atMost, type Row } from '../report/row.ts';
import { median } from './summary.ts';

export interface Sized {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** The first is what the others are held against. */
export const growthSizes = [
  { name: '512²', width: 512, height: 512 },
  { name: '1080p', width: 1920, height: 1080 },
  { name: '4K', width: 3840, height: 2160 },
] as const satisfies readonly Sized[];

export interface GrowthCase {
  readonly name: string;
  /** How many classes or instances; each is measured apart. */
  readonly counts: readonly number[];
  /** What one run does, its input made beforehand. */
  readonly prepare: (size: Sized, count: number) => Promise<() => unknown>;
}

/** More time for each pixel than this, at 4K against 512², is not linear. */
const growthMax = 1.5;
/** A case stops early rather than take longer. */
const caseMsMax = 1000;
const roundsMin = 3;
/** Small pictures are done again and again, since a clock and a collector of garbage disturb what is short. */
const leastMs = 30;

/**
 * Processor time for each pixel against 512², the median of rounds in which the sizes take turns; the worst number of classes
 * counts. Of all threads of this process, and not the time on the clock: what else runs on the machine is not in it.
 */
export async function growthRow({ name, counts, prepare }: GrowthCase, rounds: number): Promise<Row> {
  const measured = [];
  for (const count of counts) measured.push({ count, ...(await growthOf((size) => prepare(size, count), rounds)) });
  const value = Math.max(...measured.map(({ growth }) => growth.at(-1)!));
  const notes = measured.map(({ count, ms, growth }) => {
    const parts = growthSizes.map((size, at) => {
      return `${size.name} ${digits(ms[at]!)}${at === 0 ? ' ms' : ` (${growth[at]!.toFixed(2)}×)`}`;
    });
    return `${counts.length > 1 ? `${count}: ` : ''}${parts.join(', ')}`;
  });
  return atMost(name, growthMax, { value, unit: '×', note: notes.join('; '), digits: 2 });
}

async function growthOf(prepare: (size: Sized) => Promise<() => unknown>, rounds: number) {
  const runs = await Promise.all(growthSizes.map(prepare));
  const once: number[] = [];
  for (const run of runs) once.push((await cpuMs(run, 2)) / 2); // compiles, and says how long it takes
  const repeats = once.map((ms) => Math.min(200, Math.max(1, Math.round(leastMs / ms))));
  const begun = performance.now();
  const seen: number[][] = [];
  while (seen.length < rounds && (seen.length < roundsMin || performance.now() - begun < caseMsMax)) {
    const round: number[] = [];
    for (const [at, run] of runs.entries()) round.push((await cpuMs(run, repeats[at]!)) / repeats[at]!);
    seen.push(round);
  }
  const pixels = growthSizes.map(({ width, height }) => width * height);
  return {
    ms: growthSizes.map((_, at) => median(seen.map((round) => round[at]!))),
    growth: growthSizes.map((_, at) =>
      median(seen.map((round) => round[at]! / pixels[at]! / (round[0]! / pixels[0]!))),
    ),
  };
}

async function cpuMs(run: () => unknown, times: number): Promise<number> {
  const begun = process.cpuUsage();
  for (let count = 0; count < times; count++) await run();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

function digits(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
