import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, percentile } from '../numbers/summary.ts';
import { command } from '../processes/serverProcess.ts';
import { startToReady, timeToOutput } from '../processes/timedStart.ts';
import { atMost, type Row, row } from '../report/row.ts';
import type { Workload } from '../workload/workload.ts';

const picture = fileURLToPath(new URL('../../examples/astronaut.jpg', import.meta.url));
const coldEntry = fileURLToPath(new URL('../processes/coldEntry.ts', import.meta.url));

/** Question 4 of bench/README.md: commands as a user starts them, in turn; the first of each fills the compile cache and stands apart. */
export async function coldStart(workload: Workload): Promise<Row[]> {
  const cache = path.join(workload.folder, 'cache');
  const env = { ...process.env, XDG_CACHE_HOME: cache, BENCH_COMPILE_CACHE: path.join(cache, 'bench') };
  const starts = {
    node: () => timeToOutput(['-e', 'console.log(1)'], env),
    version: () => timeToOutput([command, '--version'], env),
    segment: () => timeToOutput([command, 'segment', picture, '-o', '-', '--quiet'], env),
    serve: () => startToReady(env),
    inside: () => timeToOutput([coldEntry, picture], env),
  };
  const rounds: Record<keyof typeof starts, Awaited<ReturnType<(typeof starts)['segment']>>>[] = [];
  for (let count = workload.times(7); count >= 0; count--) {
    const { node, version, segment, serve, inside } = starts;
    rounds.push({
      node: await node(),
      version: await version(),
      segment: await segment(),
      serve: await serve(),
      inside: await inside(),
    });
  }
  const [first, ...warm] = rounds;
  const seconds = (of: keyof typeof starts) => warm.map((round) => round[of].firstByteMs / 1000);
  const facts = (of: keyof typeof starts, note: string) => ({
    value: median(seconds(of)),
    unit: 's',
    digits: 2,
    note: `worst ${percentile(seconds(of), 1).toFixed(2)}, first ever ${(first![of].firstByteMs / 1000).toFixed(2)}${note}`,
  });
  const exits = median(warm.map((round) => round.segment.exitMs / 1000)).toFixed(2);
  return [
    row('node -e', facts('node', '')),
    row('segserve --version', facts('version', '; what every command costs')),
    atMost('segserve segment: first mask', 1.5, facts('segment', `; it has ended at ${exits}`)),
    atMost('segserve serve: /readyz says 200', 2, facts('serve', `; ${warm.at(-1)!.serve.output}`)),
    row('The same work by hand: first mask', facts('inside', `; ${steps(warm.map((round) => round.inside.output))}`)),
  ];
}

/** From marks on the clock to what each step took, in ms. */
function steps(outputs: readonly string[]): string {
  const marks = outputs.map((text) => Object.entries(JSON.parse(text) as Record<string, number>));
  return marks[0]!
    .map(([name], index) => {
      const took = marks.map((mark) => mark[index]![1] - (mark[index - 1]?.[1] ?? 0));
      return `${name} ${median(took).toFixed(0)}`;
    })
    .join(', ');
}
