import type { Timings } from '@segserve/contract';
import type { WireFault } from '../domain/fault.ts';
import type { ImageHeader } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { Answer, AnswerPlan, MaskPlan } from '../domain/request.ts';
import type { LoadReport } from './runner.ts';

/** What crosses between gateway and worker process: compressed bytes in, finished bytes out, never pixels. */

export interface WorkOrder {
  readonly id: number;
  readonly image: Uint8Array;
  readonly header: ImageHeader;
  readonly answers: readonly AnswerPlan[];
  readonly threshold: number;
  readonly mask: MaskPlan;
}

export interface WorkResult {
  readonly width: number;
  readonly height: number;
  readonly answers: readonly Answer[];
  readonly timings: Timings;
  readonly batchSize: number;
}

export interface WorkbenchOptions {
  readonly specs: readonly ModelSpec[];
  readonly limits: Limits;
  readonly threads: number;
  /** Whether each package must give its golden answers before it counts as loaded. */
  readonly checkGoldens: boolean;
}

export type ToWorker =
  | { readonly type: 'open'; readonly options: WorkbenchOptions }
  | { readonly type: 'batch'; readonly batchId: number; readonly model: string; readonly orders: readonly WorkOrder[] }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'retire' };

export type FromWorker =
  | { readonly type: 'ready'; readonly reports: readonly LoadReport[]; readonly rssBytes: number }
  | { readonly type: 'done'; readonly id: number; readonly result: WorkResult }
  | { readonly type: 'failed'; readonly id: number; readonly fault: WireFault }
  | { readonly type: 'batchDone'; readonly batchId: number; readonly rssBytes: number };
