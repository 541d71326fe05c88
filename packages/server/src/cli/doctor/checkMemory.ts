import os from 'node:os';
import { formatBytes } from '../../config/byteSize.ts';
import { type Check, ok, warn } from './check.ts';

/** A worker with the built-in models and a few pictures in flight; less works, with smaller limits. */
const comfortableBytes = 2 ** 30;

/** Memory of the machine, or what its cgroup leaves of it. */
export function checkMemory(
  total: number = os.totalmem(),
  constrained: number = process.constrainedMemory(),
  available: number = process.availableMemory(),
): Check {
  const isLimited = constrained > 0 && constrained < total;
  const all = isLimited ? `a cgroup limit of ${formatBytes(constrained)}` : formatBytes(total);
  const says = `${formatBytes(available)} available of ${all}`;
  if (available >= comfortableBytes) return ok('memory', says);
  return warn('memory', `${says}.`, 'Set limits.pixelsInFlightMax and engine.workers lower, or give more memory.');
}
