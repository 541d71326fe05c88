import type { LoadReport } from './load.ts';
import { machineBusySeconds } from './procfs.ts';
import type { ServerProcess } from './serverProcess.ts';

/** Who had the machine's processors during one load, as shares of all cores × the time it took. */
export interface CpuShares {
  readonly workers: number;
  readonly gateway: number;
  readonly load: number;
  /** Programs that are no part of the bench. */
  readonly others: number;
  readonly idle: number;
}

export interface Watched {
  readonly report: LoadReport;
  readonly shares: CpuShares;
}

/** Runs a load and tells who used the processors meanwhile. */
export async function watchCpu(server: ServerProcess, cores: number, run: () => Promise<LoadReport>): Promise<Watched> {
  const now = () =>
    [machineBusySeconds(), server.workersCpuSeconds, server.gatewayCpuSeconds, performance.now()] as const;
  const [busyBefore, workersBefore, gatewayBefore, startedAt] = now();
  const report = await run();
  const [busyAfter, workersAfter, gatewayAfter, endedAt] = now();
  const whole = (cores * (endedAt - startedAt)) / 1000;
  const workers = (workersAfter - workersBefore) / whole;
  const gateway = (gatewayAfter - gatewayBefore) / whole;
  const load = report.cpuSeconds / whole;
  const busy = (busyAfter - busyBefore) / whole;
  return {
    report,
    shares: {
      workers,
      gateway,
      load,
      others: Math.max(0, busy - workers - gateway - load),
      idle: Math.max(0, 1 - busy),
    },
  };
}

export function sharesText(all: readonly CpuShares[]): string {
  const mean = (name: keyof CpuShares) => {
    const share = all.reduce((sum, shares) => sum + shares[name], 0) / all.length;
    return `${name} ${(share * 100).toFixed(0)}%`;
  };
  return (['workers', 'gateway', 'load', 'others', 'idle'] as const).map(mean).join(', ');
}
