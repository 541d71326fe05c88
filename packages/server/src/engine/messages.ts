import type { WireFault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { LoadReport } from './runner.ts';
import type { TicketWork, WorkResult } from './ticketWork.ts';

/** What crosses between gateway and worker process: compressed bytes in, finished bytes out, never pixels; or raw tensors. */

export interface WorkOrder {
  readonly id: number;
  readonly work: TicketWork;
}

/** What a runner opens by itself. */
export interface ToOpen {
  /** What is opened before the first order is taken; others may be loaded later. */
  readonly specs: readonly ModelSpec[];
  /** What is opened behind them, while orders are answered already; those for one of these wait for it. */
  readonly later: readonly ModelSpec[];
}

export interface WorkbenchOptions extends ToOpen {
  readonly limits: Limits;
  readonly threads: number;
  /** Whether each package must give its golden answers before it counts as loaded. */
  readonly checkGoldens: boolean;
}

export type ToWorker =
  | { readonly type: 'open'; readonly options: WorkbenchOptions }
  | { readonly type: 'load'; readonly callId: number; readonly spec: ModelSpec }
  | { readonly type: 'unload'; readonly callId: number; readonly model: string }
  | { readonly type: 'batch'; readonly batchId: number; readonly model: string; readonly orders: readonly WorkOrder[] }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'retire' };

export type FromWorker =
  | { readonly type: 'ready'; readonly reports: readonly LoadReport[]; readonly rssBytes: number }
  /** One of `later` has been tried. */
  | { readonly type: 'opened'; readonly report: LoadReport; readonly rssBytes: number }
  /** A load or unload has ended; `report` says how a load went. */
  | {
      readonly type: 'changed';
      readonly callId: number;
      readonly report: LoadReport | undefined;
      readonly rssBytes: number;
    }
  | { readonly type: 'done'; readonly id: number; readonly result: WorkResult }
  | { readonly type: 'failed'; readonly id: number; readonly fault: WireFault }
  | { readonly type: 'batchDone'; readonly batchId: number; readonly rssBytes: number };
