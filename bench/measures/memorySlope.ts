import { fileURLToPath } from 'node:url';
import { type Point, theilSen } from '../numbers/slope.ts';
import { percentile } from '../numbers/summary.ts';
import { Load } from '../processes/load.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import { atMost, type Row, row } from '../report/row.ts';
import { segmentUrl, type Workload } from '../workload/workload.ts';

const megabyte = 1e6;
const boundMb = 1;
const preload = (name: string) => fileURLToPath(new URL(`../processes/${name}.ts`, import.meta.url));

interface Sample {
  readonly requests: number;
  readonly gateway: number;
  readonly workers: number;
}

/**
 * DESIGN §9.6: resident memory of gateway and workers over requests of random sizes, after warm-up and after garbage
 * collection; and the same with a leak planted, which must be found: a check that finds nothing proves nothing. Both
 * run beside each other, in turn.
 */
export async function memorySlope(workload: Workload): Promise<Row[]> {
  const collect = preload('collectOnSignal');
  await using clean = await ServerProcess.start({ preloads: [collect] });
  await using leaky = await ServerProcess.start({ preloads: [collect, preload('plantedLeak')] });
  using load = new Load();
  const [step, most, seconds] = workload.quick ? [50, 600, 30] : [100, 6000, 150];
  const deadline = performance.now() + seconds * 1000;
  const samples = new Map<ServerProcess, Sample[]>([clean, leaky].map((server) => [server, []]));
  for (let requests = step; requests <= most && performance.now() < deadline; requests += step) {
    for (const [server, seen] of samples) {
      await ask(workload, server, load, step);
      await server.collectGarbage();
      seen.push({ requests, gateway: server.gatewayRssBytes, workers: server.workersRssBytes });
    }
  }
  const found = judge(samples.get(leaky)!);
  return [
    rowOf('Growth in 1,000 requests', samples.get(clean)!),
    {
      ...row('The same with 4 MB of leak planted', { value: found.total, unit: 'MB', digits: 2 }),
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
function judge(all: readonly Sample[]): { total: number; note: string } {
  // The first third warms up: caches, compiled code, the allocator's arenas.
  const samples = all.slice(Math.floor(all.length / 3));
  const slope = (of: (sample: Sample) => number) =>
    theilSen(samples.map((sample): Point => ({ x: sample.requests / 1000, y: of(sample) / megabyte })));
  const total = slope(({ gateway, workers }) => gateway + workers);
  const sizes = samples.map(({ gateway, workers }) => (gateway + workers) / megabyte);
  const parts = (['gateway', 'workers'] as const).map(
    (part) => `${part} ${slope((sample) => sample[part]).value.toFixed(2)}`,
  );
  const range = `${percentile(sizes, 0).toFixed(0)} … ${percentile(sizes, 1).toFixed(0)} MB resident`;
  const count = (samples.at(-1)?.requests ?? 0) - (samples[0]?.requests ?? 0);
  return {
    total: total.value,
    note: `nine times of ten ${total.low.toFixed(1)} … ${total.high.toFixed(1)}; ${parts.join(', ')}; Theil–Sen over ${samples.length} samples of ${count} requests; ${range}`,
  };
}
