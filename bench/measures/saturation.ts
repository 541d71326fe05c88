import type { AnswerKind } from '@segserve/contract';
import { watchCpu } from '../processes/cpuShares.ts';
import { Load } from '../processes/load.ts';
import { Pipeline } from '../processes/pipeline.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import type { Row } from '../report/row.ts';
import { type ModelUnderTest, segmentUrl, type Workload } from '../workload/workload.ts';
import { comparePlans, rowsOfCase, type Served } from './saturationRows.ts';

export const concurrencies = [1, 2, 8, 32] as const;

export interface Plan {
  readonly workers: number;
  readonly threads: number;
}

/**
 * Question 2 of bench/README.md: throughput at each concurrency, for one worker with all cores and for one worker on each core. Both
 * servers stand beside each other and are asked in turn; between them the pipeline alone, and the bare loop.
 */
export async function saturation(workload: Workload): Promise<Row[]> {
  const { cores, models, packages } = workload;
  const plans: Plan[] = [
    { workers: 1, threads: cores },
    { workers: cores, threads: 1 },
  ];
  await using stack = new AsyncDisposableStack();
  const servers: ServerProcess[] = [];
  for (const plan of plans) servers.push(stack.use(await ServerProcess.start({ models: packages, ...plan })));
  using load = new Load();
  using pipeline = new Pipeline();

  const rows: Row[] = [];
  for (const model of models) {
    for (const answer of ['alpha', 'cutout'] as const) {
      const measured = await oneCase(workload, { model, answer, plans, servers, load, pipeline });
      const title = `${model.name} ${answer}`;
      rows.push(...rowsOfCase(title, cores, measured), ...comparePlans(title, measured.served));
    }
  }
  return rows;
}

interface Case {
  readonly model: ModelUnderTest;
  readonly answer: AnswerKind;
  readonly plans: readonly Plan[];
  readonly servers: readonly ServerProcess[];
  readonly load: Load;
  readonly pipeline: Pipeline;
}

async function oneCase(workload: Workload, { model, answer, plans, servers, load, pipeline }: Case) {
  const { cores, pictures, quick } = workload;
  const seconds = quick ? 0.5 : 1.5;
  const task = { model: model.where, threads: cores, picture: pictures.hd, answer };
  const costs = await pipeline.stageCosts({ ...task, threads: 1 }, quick ? 0.2 : 0.5);
  const served: Served[] = [];
  const alone: number[] = [];
  const bare: number[] = [];
  const rounds = quick ? 1 : 2;
  for (let round = 0; round <= rounds; round++) {
    for (const concurrency of round === 0 ? [2] : concurrencies) {
      for (const [index, server] of servers.entries()) {
        const url = segmentUrl(server.url, model.name, answer);
        const order = { do: 'closed', url, pictures: [pictures.hd], concurrency, seconds } as const;
        const watched = await watchCpu(server, cores, () => load.run(order));
        if (round > 0) served.push({ plan: plans[index]!, round, concurrency, ...watched });
      }
    }
    alone.push(await pipeline.saturate(task, 8, seconds));
    bare.push(await pipeline.bareLoop(task, seconds / 2));
  }
  // Round 0 warmed up what it reached.
  return { costs, served, alone: alone.slice(1), bare: bare.slice(1) };
}
