import { median, percentile } from '../numbers/summary.ts';
import { sharesText, type Watched } from '../processes/cpuShares.ts';
import type { StageCosts } from '../processes/pipeline.ts';
import { atLeast, type Row, row } from '../report/row.ts';
import type { Plan } from './saturation.ts';

export interface Served extends Watched {
  readonly plan: Plan;
  readonly round: number;
  readonly concurrency: number;
}

interface MeasuredCase {
  readonly costs: StageCosts;
  readonly served: readonly Served[];
  readonly alone: readonly number[];
  readonly bare: readonly number[];
}

/** For each plan what it gave, and how near that is to what the machine can give. */
export function rowsOfCase(title: string, cores: number, { costs, served, alone, bare }: MeasuredCase): Row[] {
  const { decode, infer, postprocess, encode } = costs;
  const sum = decode + infer + postprocess + encode;
  const limit = (cores * 1000) / sum;
  const parts = Object.entries(costs).map(([stage, ms]) => `${stage} ${ms.toFixed(1)}`);
  const rows = [
    row(`${title}: the machine's limit`, {
      value: limit,
      unit: '/s',
      note: `${cores} cores ÷ ${sum.toFixed(1)} ms of processor time: ${parts.join(', ')}`,
    }),
    row(`${title}: pipeline alone, 1×${cores}`, {
      value: median(alone),
      unit: '/s',
      note: `8 callers in one process; bare session.run loop ${median(bare).toFixed(1)} /s`,
    }),
  ];
  for (const group of Object.values(Object.groupBy(served, ({ plan }) => named(plan)))) {
    const best = saturated(group!);
    const name = `${title}: server ${named(best[0]!.plan)}`;
    const rate = median(best.map(rateOf));
    const loadShare = median(best.map(({ shares }) => shares.load));
    const foreign = median(best.map(({ shares }) => shares.load + shares.others));
    rows.push(
      row(name, {
        value: rate,
        unit: '/s',
        note: `${byConcurrency(group!)}; ${sharesText(best.map(({ shares }) => shares))}`,
      }),
      atLeast(`${name}, of the limit`, 0.9, {
        value: rate / limit,
        unit: '',
        digits: 2,
        note: `of the cores that the load left ${(rate / (limit * (1 - loadShare))).toFixed(2)}, that load and others left ${(rate / (limit * (1 - foreign))).toFixed(2)}`,
      }),
      atLeast(`${name}, of the pipeline`, 1, {
        value: rate / median(alone),
        unit: '',
        digits: 2,
        note: `of the bare loop ${(rate / median(bare)).toFixed(2)}`,
      }),
    );
  }
  return rows;
}

/** Second plan over first, round by round, since both were asked in turn. */
export function comparePlans(title: string, served: readonly Served[]): Row[] {
  const plans = [...new Set(served.map(({ plan }) => named(plan)))];
  const [first, second] = plans;
  if (first === undefined || second === undefined) return [];
  const ratio = (concurrency: number, of: (one: Served) => number) => {
    const at = (plan: string) =>
      served.filter((one) => one.concurrency === concurrency && named(one.plan) === plan).map(of);
    const before = at(first);
    return median(at(second).map((value, round) => value / before[round]!));
  };
  const latency = ratio(1, ({ report }) => median(report.okMs));
  return [
    row(`${title}: ${second} against ${first}`, {
      value: ratio(32, rateOf),
      unit: '×',
      digits: 2,
      note: `throughput at 32; at 8 ${ratio(8, rateOf).toFixed(2)}×, at 2 ${ratio(2, rateOf).toFixed(2)}×; latency of one client ${latency.toFixed(2)}×`,
    }),
  ];
}

/** The windows of the concurrency that gave most. */
function saturated(group: readonly Served[]): Served[] {
  const windows = Object.values(Object.groupBy(group, ({ concurrency }) => concurrency)) as Served[][];
  return windows.toSorted((a, b) => median(b.map(rateOf)) - median(a.map(rateOf)))[0]!;
}

function byConcurrency(group: readonly Served[]): string {
  return Object.entries(Object.groupBy(group, ({ concurrency }) => concurrency))
    .map(([concurrency, windows]) => {
      const ms = windows!.flatMap(({ report }) => report.okMs);
      const times = `${median(ms).toFixed(0)} ms, p95 ${percentile(ms, 0.95).toFixed(0)}`;
      return `${concurrency}: ${median(windows!.map(rateOf)).toFixed(1)} /s (${times})`;
    })
    .join(', ');
}

function rateOf({ report }: Served): number {
  return report.ok / report.seconds;
}

function named({ workers, threads }: Plan): string {
  return `${workers}×${threads}`;
}
