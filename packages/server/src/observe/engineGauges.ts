import { Gauge, type Registry } from 'prom-client';
import type { Engine, EngineStatus } from '../domain/engineDoor.ts';

/** How the engine stands, read when the page is read. */
export function engineGauges(registry: Registry, engine: Engine): void {
  const plain = (name: string, help: string, read: (status: EngineStatus) => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(engine.status()));
      },
    });
  };
  plain('segserve_ready', '1 when requests can be answered', () => (engine.notReady() === undefined ? 1 : 0));
  plain('segserve_tickets_queued', 'Requests that wait for a worker', (status) => status.ticketsQueued);
  plain('segserve_tickets_running', 'Requests inside workers', (status) => status.ticketsRunning);
  plain('segserve_tickets_max', 'Places in the house; beyond it requests are refused', (status) => status.ticketsMax);
  plain('segserve_pixels_in_flight', 'Decoded pixels that workers hold', (status) => status.pixelsInFlight);
  plain('segserve_worker_restarts', 'Workers replaced since the start', (status) => status.workerRestarts);
  plain('segserve_plan_workers', 'Worker processes planned', (status) => status.plan.workers);
  plain('segserve_plan_threads', 'Inference threads of each worker', (status) => status.plan.threads);
  plain('segserve_plan_cores', 'Cores that were counted', (status) => status.plan.cores);
  perWorker(registry, engine);
}

/** One series for each worker that lives now; those of the dead go away with them. */
function perWorker(registry: Registry, engine: Engine): void {
  new Gauge({
    name: 'segserve_worker_rss_bytes',
    help: 'Resident memory of each worker process',
    labelNames: ['pid', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { pid, state, rssBytes } of engine.status().workers) this.set({ pid, state }, rssBytes);
    },
  });
  new Gauge({
    name: 'segserve_worker_batches_in_flight',
    help: 'Batches inside each worker process',
    labelNames: ['pid'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { pid, batchesInFlight } of engine.status().workers) this.set({ pid }, batchesInFlight);
    },
  });
}
