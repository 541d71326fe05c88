import { fileURLToPath } from 'node:url';
import { type Point, theilSen } from '../numbers/slope.ts';
import { percentile } from '../numbers/summary.ts';
import { Load } from '../processes/load.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import { atMost, type Row, row } from '../report/row.ts';
import { segmentUrl, type Workload } from '../workload/workload.ts';

const megabyte = 1e6;
const boundMb = 1;
const leak = fileURLToPath(new URL('../processes/plantedLeak.ts', import.meta.url));

interface Sample {
  readonly requests: number;
  readonly gateway: number;
  readonly workers: number;
}

/**
 * Question 6 of bench/README.md: resident memory of gateway and workers over requests of random sizes, after warm-up; and the same with a
 * leak planted, which must be found: a check that finds nothing proves nothing. Both run beside each other, in turn.
 */
export async function memorySlope(workload: Workload): Promise<Row[]> {
  await using clean = await ServerProcess.start();
  await using leaky = await ServerProcess.start({ preload: leak });
  using load = new Load();
  const step = workload.quick ? 40 : 100;
  const [warmUp, counted] = workload.quick ? [200, 400] : [1500, 4000];
  const deadline = performance.now() + 150_000;
  const samples = new Map<ServerProcess, Sample[]>([clean, leaky].map((server) => [server, []]));
  for (let requests = step; requests <= warmUp + counted && performance.now() < deadline; requests += step) {
    for (const [server, seen] of samples) {
      await ask(workload, server, load, step);
      const sample = { requests, gateway: server.gatewayRssBytes, workers: server.workersRssBytes };
      if (requests > warmUp) seen.push(sample);
    }
  }
  const found = judge(samples.get(leaky)!);
  return [
    rowOf('Growth in 1,000 requests', samples.get(clean)!),
    {
      ...row('The same with 4 MB of leak planted', { value: found.total, unit: 'MB' }),
      target: `> ${boundMb}`,
      met: found.total > boundMb,
      note: `the check must find it; ${found.note}`,
    },
  ];
}

async function ask({ models, pictures }: Workload, server: ServerProcess, load: Load, count: number): Promise<void> {
  const url = segmentUrl(server.url, models[0]!.name, 'cutout');
  const { ok } = await load.run({ do: 'closed', url, pictures: pictures.small, concurrency: 8, seconds: 60, count });
  if (ok < count) throw new Error(`Only ${ok} of ${count} requests were answered.`);
}

function rowOf(name: string, samples: readonly Sample[]): Row {
  const { total, note } = judge(samples);
  return atMost(name, boundMb, { value: total, unit: 'MB', digits: 2, note });
}

/** Megabytes in 1,000 requests. */
function judge(samples: readonly Sample[]): { total: number; note: string } {
  const slope = (of: (sample: Sample) => number) =>
    theilSen(samples.map((sample): Point => ({ x: sample.requests / 1000, y: of(sample) / megabyte })));
  const total = slope(({ gateway, workers }) => gateway + workers);
  const sizes = samples.map(({ gateway, workers }) => (gateway + workers) / megabyte);
  const [gateway, workers] = [slope((sample) => sample.gateway), slope((sample) => sample.workers)];
  const range = `${percentile(sizes, 0).toFixed(0)} … ${percentile(sizes, 1).toFixed(0)} MB resident`;
  const count = (samples.at(-1)?.requests ?? 0) - (samples[0]?.requests ?? 0);
  return {
    total,
    note: `gateway ${gateway.toFixed(2)}, workers ${workers.toFixed(2)}; Theil–Sen over ${samples.length} samples of ${count} requests; ${range}`,
  };
}
