import { rm } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { portOf } from './portOf.ts';
import { processStamp } from './processStamp.ts';
import { readServing, servingFile } from './servingFile.ts';

/** `segserve serving stop`; gives the exit code. Ends no process but the one that `start` left word of. */
export async function stopServing({ port: text }: { port: string }, context: Context): Promise<number> {
  const port = portOf(text);
  const file = servingFile(context, port);
  const serving = await readServing(file);
  if (serving === undefined) {
    const advice = `please confirm the port [${port}] you specified is correct.`;
    await context.stderr.write(`PaddleHub Serving config file is not exists, ${advice}\n`);
    return 1;
  }
  await rm(file, { force: true });
  const stamp = await processStamp(serving.pid);
  if (stamp === undefined || stamp !== serving.process) {
    await context.stdout.write('PaddleHub Serving has been stopped.\n');
    return 0;
  }
  await context.stdout.write('PaddleHub Serving will stop.\n');
  process.kill(serving.pid, 'SIGTERM');
  return 0;
}
