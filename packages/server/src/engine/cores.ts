import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Cores {
  /** Whole cores that this process may really use, at least 1. */
  readonly cores: number;
  /** Which limit decided, in a phrase. */
  readonly why: string;
}

export interface WorkerPlan {
  readonly workers: number;
  /** Intra-op threads of each worker's inference. */
  readonly threads: number;
  readonly cores: number;
  readonly why: string;
}

/** Reads a small text file, undefined when it is not there. */
type ReadText = (file: string) => string | undefined;

/** The least of: cores of the machine, the process's CPU affinity, and its cgroup's CPU quota (v1 and v2). */
export function availableCores(readText: ReadText = readTextFile, parallelism = os.availableParallelism()): Cores {
  const machine = os.cpus().length || parallelism;
  const quota = cgroupQuota(readText);
  if (quota !== undefined && quota < parallelism) {
    return { cores: Math.max(1, Math.floor(quota)), why: `a cgroup quota of ${quota.toFixed(2)} of ${machine} cores` };
  }
  if (parallelism < machine) return { cores: parallelism, why: `a CPU affinity of ${parallelism} of ${machine} cores` };
  return { cores: parallelism, why: `${machine} ${machine === 1 ? 'core' : 'cores'} in the machine` };
}

/**
 * How many workers with how many threads. By itself: workers × threads ≤ cores, since threads that spin for a core
 * they do not have cost half the throughput. A number that the operator gives is kept.
 */
export function planWorkers(request: { cores: Cores; workers: number | 'auto'; threads: number | 'auto' }): WorkerPlan {
  const { cores, why } = request.cores;
  const threadsWanted = request.threads === 'auto' ? undefined : request.threads;
  const workersWanted = request.workers === 'auto' ? undefined : request.workers;
  const workers = workersWanted ?? Math.max(1, Math.floor(cores / (threadsWanted ?? threadsPerWorker(cores))));
  const threads = threadsWanted ?? Math.max(1, Math.floor(cores / workers));
  const over = workers * threads > cores ? '; more threads than cores, as configured' : '';
  return { workers, threads, cores, why: `${why}${over}` };
}

/** Small machines give one worker all cores, so that a lone client gets them; large ones get a worker for each four. */
function threadsPerWorker(cores: number): number {
  return Math.min(cores, 4);
}

function cgroupQuota(readText: ReadText): number | undefined {
  const own = readText('/proc/self/cgroup') ?? '';
  const quotas = own.split('\n').flatMap((line) => {
    const [, controllers = '', folder = '/'] = line.split(':');
    if (controllers === '') return quotasUpwards('/sys/fs/cgroup', folder, readText, quotaV2);
    if (controllers.split(',').includes('cpu')) return quotasUpwards('/sys/fs/cgroup/cpu', folder, readText, quotaV1);
    return [];
  });
  return quotas.length > 0 ? Math.min(...quotas) : undefined;
}

/** A quota binds all groups below it, so each ancestor counts. Inside a container only the mount's root may exist. */
function quotasUpwards(
  root: string,
  folder: string,
  readText: ReadText,
  quotaIn: (folder: string, readText: ReadText) => number | undefined,
): number[] {
  const quotas: number[] = [];
  for (let at = path.posix.normalize(`/${folder}`); ; at = path.posix.dirname(at)) {
    const quota = quotaIn(path.posix.join(root, at), readText);
    if (quota !== undefined) quotas.push(quota);
    if (at === '/') return quotas;
  }
}

function quotaV2(folder: string, readText: ReadText): number | undefined {
  const [quota, period] = (readText(path.posix.join(folder, 'cpu.max')) ?? 'max').trim().split(/\s+/);
  return quota === 'max' || !Number(period) ? undefined : Number(quota) / Number(period);
}

function quotaV1(folder: string, readText: ReadText): number | undefined {
  const quota = Number(readText(path.posix.join(folder, 'cpu.cfs_quota_us')));
  const period = Number(readText(path.posix.join(folder, 'cpu.cfs_period_us')));
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function readTextFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Not Linux, or no such group: no quota from here.
  }
}
