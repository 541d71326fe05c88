import { median, percentile } from '../numbers/summary.ts';
import { sharesText, type Watched, watchCpu } from '../processes/cpuShares.ts';
import { Load } from '../processes/load.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import { atLeast, atMost, type Row, row } from '../report/row.ts';
import { segmentUrl, type Workload } from '../workload/workload.ts';

/** prom-client's timer fires every 10 ms and counts from one firing to the next, so that an idle loop says 10. */
const monitorMs = 10;

/** Question 5 of bench/README.md: capacity with as many callers as it takes, then ten times that rate whatever comes back; in turn. */
export async function overload(workload: Workload): Promise<Row[]> {
  const { cores, pictures, models, quick } = workload;
  await using server = await ServerProcess.start();
  using load = new Load();
  const url = segmentUrl(server.url, models[0]!.name, 'alpha');
  const seconds = quick ? 2 : 6;
  const target = { url, pictures: [pictures.square] };
  const closed = () => load.run({ do: 'closed', concurrency: 32, seconds, ...target });
  await load.run({ do: 'closed', concurrency: 8, seconds: 1, ...target });

  const rounds: { capacity: Watched; flood: Watched; lagMs: number }[] = [];
  for (let count = quick ? 1 : 3; count > 0; count--) {
    const capacity = await watchCpu(server, cores, closed);
    const perSecond = (10 * capacity.report.ok) / capacity.report.seconds;
    await server.metric('nodejs_eventloop_lag_p99_seconds'); // reading it begins anew
    const flood = await watchCpu(server, cores, () => load.run({ do: 'open', perSecond, seconds, ...target }));
    const lagMs = 1000 * (await server.metric('nodejs_eventloop_lag_p99_seconds'));
    rounds.push({ capacity, flood, lagMs });
  }
  return rowsOf(rounds);
}

function rowsOf(rounds: readonly { capacity: Watched; flood: Watched; lagMs: number }[]): Row[] {
  const rate = ({ report }: Watched) => report.ok / report.seconds;
  const refused = rounds.flatMap(({ flood }) => flood.report.refusedMs);
  const strange = rounds.map(({ flood }) => JSON.stringify(flood.report.strange)).join(' ');
  const asked = ({ report }: Watched) =>
    report.ok + report.refusedMs.length + Object.values(report.strange).reduce((sum, count) => sum + count, 0);
  // What the flood costs its sender would be spent on another machine.
  const left = ({ capacity, flood }: (typeof rounds)[number]) => (1 - flood.shares.load) / (1 - capacity.shares.load);
  const goodput = rounds.map((round) => rate(round.flood) / rate(round.capacity));
  const fair = rounds.map((round, index) => goodput[index]! / left(round));
  return [
    row('Capacity', {
      value: median(rounds.map(({ capacity }) => rate(capacity))),
      unit: '/s',
      note: `32 callers; ${sharesText(rounds.map(({ capacity }) => capacity.shares))}`,
    }),
    atLeast('Goodput at ten times capacity', 0.95, {
      value: median(goodput),
      unit: '',
      digits: 2,
      note: `${median(fair).toFixed(2)} of the cores that the sender left; ${sharesText(rounds.map(({ flood }) => flood.shares))}`,
    }),
    atMost('Refusal, median at the client', 5, {
      value: median(refused),
      unit: 'ms',
      note: `p95 ${percentile(refused, 0.95).toFixed(1)}; ${refused.length} of ${rounds.reduce((sum, { flood }) => sum + asked(flood), 0)} refused, neither answered nor refused: ${strange}`,
    }),
    atMost('Event-loop delay of the gateway, p99', 20, {
      value: median(rounds.map(({ lagMs }) => lagMs - monitorMs)),
      unit: 'ms',
      note: `nodejs_eventloop_lag_p99_seconds less the ${monitorMs} ms that it shows when idle; each round ${rounds.map(({ lagMs }) => (lagMs - monitorMs).toFixed(1)).join(', ')}`,
    }),
  ];
}
