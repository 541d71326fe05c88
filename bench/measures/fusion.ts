import path from 'node:path';
import { median, spread } from '../numbers/summary.ts';
import { type One, Pipeline } from '../processes/pipeline.ts';
import { atLeast, type Row, row } from '../report/row.ts';
import { writePackage } from '../workload/packages.ts';
import type { Workload } from '../workload/workload.ts';

const sizes = [
  { side: 512, classes: 2 },
  { side: 512, classes: 21 },
  { side: 512, classes: 150 },
  { side: 256, classes: 21 },
  { side: 1024, classes: 21 },
] as const;

/** Question 3 of bench/README.md: the whole request, fused and not, in turn in one process. The picture and the answer are the same. */
export async function fusion(workload: Workload): Promise<Row[]> {
  const { cores, pictures } = workload;
  const rows: Row[] = [];
  for (const size of sizes) {
    using pipeline = new Pipeline();
    const root = path.join(workload.folder, 'fusion');
    const [fused, plain] = await Promise.all([
      writePackage(root, { ...size, fusion: 'auto' }),
      writePackage(root, { ...size, fusion: 'off' }),
    ]);
    const ask = (model: string) => pipeline.one({ model, threads: cores, picture: pictures.square, answer: 'labels' });
    const pair = async () => ({ fused: await ask(fused), plain: await ask(plain) });
    for (let warm = 0; warm < 3; warm++) await pair();
    const pairs: Awaited<ReturnType<typeof pair>>[] = [];
    for (let count = workload.times(16); count > 0; count--) pairs.push(await pair());
    rows.push(rowOf(size, pairs));
  }
  return rows;
}

function rowOf({ side, classes }: (typeof sizes)[number], pairs: readonly { fused: One; plain: One }[]): Row {
  const ratios = pairs.map(({ fused, plain }) => plain.ms / fused.ms);
  const ofProcessors = median(pairs.map(({ fused, plain }) => plain.cpuMs / fused.cpuMs)).toFixed(2);
  const fused = median(pairs.map((pair) => pair.fused.ms)).toFixed(0);
  const plain = median(pairs.map((pair) => pair.plain.ms)).toFixed(0);
  const name = `${side}², ${classes} classes: unfused ÷ fused`;
  const facts = {
    value: median(ratios),
    unit: '×',
    digits: 2,
    note: `${plain} and ${fused} ms; middle half of ratios ${spread(ratios, 2)}; of processor time ${ofProcessors} ×`,
  };
  return side === 512 && classes === 21 ? atLeast(name, 1.3, facts) : row(name, facts);
}
