import { HelperProcess } from './helperProcess.ts';
import type { LoadOrder, LoadReport } from './loadEntry.ts';

export type { LoadReport } from './loadEntry.ts';

/** The process that asks a server. */
export class Load extends HelperProcess {
  constructor() {
    super('loadEntry');
  }

  run(order: LoadOrder): Promise<LoadReport> {
    return this.ask(order);
  }

  /** One request: milliseconds at the client, and what Server-Timing said. */
  async one(url: string, picture: string): Promise<{ ms: number; timings: Readonly<Record<string, number>> }> {
    const report = await this.run({ do: 'closed', url, pictures: [picture], concurrency: 1, seconds: 60, count: 1 });
    const [ms] = report.okMs;
    if (ms === undefined) throw new Error(`${url} gave no answer: ${JSON.stringify(report)}`);
    return { ms, timings: report.timings[0] ?? {} };
  }
}
