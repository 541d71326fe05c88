import type { Config } from '../../config/config.ts';
import type { Context } from '../context.ts';
import { type Check, ok, warn } from './check.ts';

export async function checkCores({ engine }: Config, { services }: Context): Promise<Check> {
  const { workers, threads, cores, why } = await services.planCores(engine);
  const says = `${cores} usable (${why}); plan: workers × threads = ${workers} × ${threads}`;
  if (workers * threads <= cores) return ok('cores', says);
  return warn('cores', `${says}.`, 'Threads that share a core halve the throughput: set both to "auto".');
}
