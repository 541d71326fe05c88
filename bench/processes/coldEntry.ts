/** What `segserve segment` does, with a look at the clock between: where the time to the first mask goes. */
import { readFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';

enableCompileCache(process.env.BENCH_COMPILE_CACHE);
const [picture] = process.argv.slice(2);
const marks: Record<string, number> = { node: performance.now() };
await import('onnxruntime-node');
marks.onnxruntime = performance.now();
await import('sharp');
marks.sharp = performance.now();
const { open } = await import('../../packages/server/src/index.ts');
marks.modules = performance.now();
const segserve = await open();
marks.model = performance.now();
await segserve.segment(await readFile(picture!), { answer: ['cutout'] });
marks.answer = performance.now();
process.stdout.write(JSON.stringify(marks));
await segserve.close();
