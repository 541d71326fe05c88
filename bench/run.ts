/** `npm run bench`: measures, prints a table, and writes it into bench/README.md. */
import { parseArgs } from 'node:util';
import { answers } from './measures/answers.ts';
import { coldStart } from './measures/coldStart.ts';
import { fusion } from './measures/fusion.ts';
import { instances } from './measures/instances.ts';
import { memorySlope } from './measures/memorySlope.ts';
import { oneClient } from './measures/oneClient.ts';
import { overload } from './measures/overload.ts';
import { postprocess } from './measures/postprocess.ts';
import { regions } from './measures/regions.ts';
import { saturation } from './measures/saturation.ts';
import { stages } from './measures/stages.ts';
import { tiled } from './measures/tiled.ts';
import { wires } from './measures/wires.ts';
import { machine } from './report/machine.ts';
import { writeIntoReadme } from './report/readme.ts';
import type { Row } from './report/row.ts';
import { table } from './report/table.ts';
import { makeWorkload, type Workload } from './workload/workload.ts';

interface Measure {
  readonly name: string;
  readonly title: string;
  readonly run: (workload: Workload) => Promise<Row[]>;
}

const measures: readonly Measure[] = [
  { name: 'oneClient', title: '1. One client', run: oneClient },
  { name: 'stages', title: 'Where the time of one request goes', run: stages },
  { name: 'saturation', title: '2. Saturation, and the plan of workers × threads', run: saturation },
  { name: 'fusion', title: '3. Fused against unfused', run: fusion },
  { name: 'regions', title: 'Answers made of regions', run: regions },
  { name: 'instances', title: 'Instances', run: instances },
  { name: 'answers', title: 'Each encoder, for each pixel', run: answers },
  { name: 'postprocess', title: 'Each postprocess, for each pixel', run: postprocess },
  { name: 'tiled', title: 'Pictures in tiles', run: tiled },
  { name: 'wires', title: 'The cost of a wire', run: wires },
  { name: 'coldStart', title: '4. Cold start', run: coldStart },
  { name: 'overload', title: '5. Overload', run: overload },
  { name: 'memorySlope', title: '6. Memory slope', run: memorySlope },
];

const { values: flags } = parseArgs({
  options: { only: { type: 'string', multiple: true }, quick: { type: 'boolean', default: false } },
});
const unknown = flags.only?.find((name) => !measures.some((measure) => measure.name === name));
if (unknown !== undefined) {
  console.error(`--only: expected ${measures.map(({ name }) => name).join(', ')}; found ${unknown}.`);
  process.exit(2);
}

const chosen = measures.filter(({ name }) => flags.only?.includes(name) ?? true);
const startedAt = performance.now();
const sections: string[] = [];
{
  await using workload = await makeWorkload(flags.quick);
  for (const { title, run } of chosen) {
    const begun = performance.now();
    const rows = await run(workload);
    sections.push(`### ${title}\n\n${table(rows)}`);
    console.log(`\n${sections.at(-1)}\n\n(${((performance.now() - begun) / 1000).toFixed(0)} s)`);
  }
}
const took = `${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`;
const description = [...machine(), `- The run took ${took}`].join('\n');
console.log(`\n${description}`);

// Part of the table, or one got in a hurry, must not stand where the numbers are looked up.
if (flags.only === undefined && !flags.quick) await writeIntoReadme(`${description}\n\n${sections.join('\n\n')}`);
process.exit(0);
