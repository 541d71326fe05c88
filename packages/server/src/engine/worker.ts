import { Fault } from '../domain/fault.ts';
import { ownDecoders } from '../pipeline/decode.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Workbench } from './workbench.ts';

/**
 * Entry of a worker process. It lives as long as the gateway wants it and not a moment longer: when the channel breaks,
 * it ends. Signals are the gateway's business: Ctrl-C reaches the whole process group, and this one must still finish.
 */
process.title = 'segserve worker';
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));
ownDecoders();

let workbench: Workbench | undefined;
const batches = new Set<Promise<void>>();

process.on('message', (message) => {
  receive(message as ToWorker).catch((error) => {
    // A defect here leaves unknown state behind; the gateway starts a clean worker and retries the tickets.
    console.error('segserve worker: internal error', error);
    process.exit(70);
  });
});

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'open': {
      workbench = new Workbench(message.options);
      const { now, later } = workbench.open(message.options);
      tell({ type: 'ready', reports: await now, rssBytes: rssBytes() });
      for (const one of later) tell({ type: 'opened', report: await one, rssBytes: rssBytes() });
      return;
    }
    case 'load': {
      const report = await opened().load(message.spec);
      tell({ type: 'changed', callId: message.callId, report, rssBytes: rssBytes() });
      return;
    }
    case 'unload':
      await opened().unload(message.model);
      tell({ type: 'changed', callId: message.callId, report: undefined, rssBytes: rssBytes() });
      return;
    case 'batch': {
      const batch = runOne(message);
      batches.add(batch);
      await batch.finally(() => batches.delete(batch));
      return;
    }
    case 'cancel':
      opened().cancel(message.id);
      return;
    case 'retire':
      await Promise.all(batches);
      await opened().close();
      process.disconnect();
  }
}

async function runOne({ batchId, model, orders }: Extract<ToWorker, { type: 'batch' }>): Promise<void> {
  await opened().run(model, orders, (id, outcome) => {
    if ('result' in outcome) tell({ type: 'done', id, result: outcome.result });
    else tell({ type: 'failed', id, fault: Fault.from(outcome.fault).toWire() });
  });
  tell({ type: 'batchDone', batchId, rssBytes: rssBytes() });
}

/** The first message opens it. */
function opened(): Workbench {
  if (!workbench) throw new Error('Expected the message "open" before any other.');
  return workbench;
}

function rssBytes(): number {
  return process.memoryUsage.rss();
}

function tell(message: FromWorker): void {
  // The gateway may have gone in the meantime; the disconnect event ends this process then.
  if (process.connected) process.send!(message);
}
