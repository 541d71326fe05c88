import { median, percentile, spread } from '../numbers/summary.ts';
import { Load } from '../processes/load.ts';
import { Pipeline } from '../processes/pipeline.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import { atMost, type Row } from '../report/row.ts';
import { segmentUrl, type Workload } from '../workload/workload.ts';

/**
 * Question 1 of bench/README.md: one client at a time. The same picture goes to the server and through the pipeline in a process of its
 * own, in turn, with as many threads; each pair gives one difference.
 */
export async function oneClient(workload: Workload): Promise<Row[]> {
  const { cores, pictures, models, packages } = workload;
  await using server = await ServerProcess.start({ models: packages, workers: 1, threads: cores });
  using load = new Load();
  using pipeline = new Pipeline();
  const rows: Row[] = [];
  for (const { name, where } of models) {
    for (const answer of ['alpha', 'cutout'] as const) {
      const url = segmentUrl(server.url, name, answer);
      const task = { model: where, threads: cores, picture: pictures.hd, answer };
      const pair = async () => {
        const served = (await load.one(url, pictures.hd)).ms;
        return { served, alone: (await pipeline.one(task)).ms };
      };
      for (let warm = 0; warm < 3; warm++) await pair();
      const pairs: Awaited<ReturnType<typeof pair>>[] = [];
      for (let count = workload.times(40); count > 0; count--) pairs.push(await pair());
      rows.push(rowOf(`${name} ${answer}, 1080p: server above pipeline`, pairs));
    }
  }
  return rows;
}

function rowOf(name: string, pairs: readonly { served: number; alone: number }[]): Row {
  const served = pairs.map((pair) => pair.served);
  const alone = pairs.map((pair) => pair.alone);
  const differences = pairs.map((pair) => pair.served - pair.alone);
  const shown = (values: readonly number[]) =>
    `${median(values).toFixed(1)} (p95 ${percentile(values, 0.95).toFixed(1)})`;
  return atMost(name, 3, {
    value: median(differences),
    unit: 'ms',
    note: `server ${shown(served)}, pipeline ${shown(alone)}; middle half of differences ${spread(differences)}`,
  });
}
