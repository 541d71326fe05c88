import { median } from '../numbers/summary.ts';
import { Load } from '../processes/load.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import { type Row, row } from '../report/row.ts';
import { segmentUrl, type Workload } from '../workload/workload.ts';

const stageNames = ['queue', 'decode', 'preprocess', 'infer', 'postprocess', 'encode'];

/** Where the time of one request goes, by Server-Timing, and what is left for the way there and back. */
export async function stages(workload: Workload): Promise<Row[]> {
  const { cores, pictures, models, packages } = workload;
  await using server = await ServerProcess.start({ models: packages, workers: 1, threads: cores });
  using load = new Load();
  const rows: Row[] = [];
  for (const { name } of models) {
    for (const [picture, of] of [
      [pictures.hd, '1080p'],
      [pictures.hdProfile, '1080p with an sRGB profile'],
    ] as const) {
      for (const answer of ['alpha', 'cutout']) {
        const url = segmentUrl(server.url, name, answer);
        for (let warm = 0; warm < 2; warm++) await load.one(url, picture);
        const seen: Awaited<ReturnType<Load['one']>>[] = [];
        for (let count = workload.times(15); count > 0; count--) seen.push(await load.one(url, picture));
        rows.push(rowOf(`${name} ${answer}, ${of}`, seen));
      }
    }
  }
  return rows;
}

function rowOf(name: string, seen: readonly Awaited<ReturnType<Load['one']>>[]): Row {
  const middle = (of: (one: (typeof seen)[number]) => number) => median(seen.map(of));
  const inStages = ({ timings }: (typeof seen)[number]) =>
    stageNames.reduce((sum, stage) => sum + (timings[stage] ?? 0), 0);
  const parts = stageNames.map((stage) => `${stage} ${middle(({ timings }) => timings[stage] ?? 0).toFixed(1)}`);
  // The photo of a cut-out is decoded while the network runs: stages may add up to more than the whole.
  const between = middle((one) => (one.timings.total ?? 0) - inStages(one)).toFixed(1);
  const outside = middle((one) => one.ms - (one.timings.total ?? 0)).toFixed(1);
  return row(name, {
    value: middle(({ ms }) => ms),
    unit: 'ms',
    note: `${parts.join(', ')}; gateway and channel ${between}, socket ${outside}`,
  });
}
