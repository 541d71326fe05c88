import { channel } from 'node:diagnostics_channel';
import type { FaultCode, Timings } from '@segserve/contract';
import type { EmbeddingUse } from './promptPlan.ts';

/**
 * What happens inside, published without knowing who listens: `observe/` turns these into logs and metrics.
 * Publishing to a channel without subscribers costs a property read.
 */
export interface Events {
  'segserve:request': {
    readonly requestId: string | undefined;
    readonly model: string;
    readonly outcome: 'ok' | FaultCode;
    readonly totalMs: number;
    readonly timings: Timings | undefined;
    readonly batchSize: number | undefined;
    readonly imageBytes: number;
  };
  'segserve:batch': { readonly model: string; readonly size: number; readonly workerPid: number };
  /** A promptable model has answered: whether its encoder had to run, and how that worker's cache stands. */
  'segserve:embedding': EmbeddingUse & { readonly model: string; readonly workerPid: number };
  'segserve:worker': {
    readonly pid: number;
    readonly event: 'started' | 'ready' | 'died' | 'drained' | 'replaced';
    readonly detail: string;
  };
  'segserve:model': {
    readonly model: string;
    readonly event: 'loading' | 'ready' | 'failed' | 'unloaded';
    readonly detail: string;
  };
  'segserve:defect': { readonly where: string; readonly error: unknown };
}

export function publish<Name extends keyof Events>(name: Name, event: Events[Name]): void {
  const target = channel(name);
  if (target.hasSubscribers) target.publish(event);
}

export function subscribe<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
  const target = channel(name);
  const onMessage = (message: unknown) => listener(message as Events[Name]);
  target.subscribe(onMessage);
  return () => target.unsubscribe(onMessage);
}
