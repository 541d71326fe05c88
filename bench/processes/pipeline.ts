import { HelperProcess } from './helperProcess.ts';
import type { One, PipelineOrder, Task } from './pipelineEntry.ts';
import type { StageCosts } from './stageCosts.ts';

export type { One, Task } from './pipelineEntry.ts';
export type { StageCosts } from './stageCosts.ts';

/** The process that holds the pipeline without a server. */
export class Pipeline extends HelperProcess {
  constructor() {
    super('pipelineEntry');
  }

  /** One whole request. */
  one(task: Task): Promise<One> {
    return this.#order({ do: 'one', ...task });
  }

  /** Pictures a second. */
  saturate(task: Task, concurrency: number, seconds: number): Promise<number> {
    return this.#order({ do: 'saturate', concurrency, seconds, ...task });
  }

  stageCosts(task: Task, seconds: number): Promise<StageCosts> {
    return this.#order({ do: 'stageCosts', seconds, ...task });
  }

  /** Runs a second. */
  bareLoop(task: Task, seconds: number): Promise<number> {
    return this.#order({ do: 'bareLoop', seconds, ...task });
  }

  #order<Answer>(order: PipelineOrder): Promise<Answer> {
    return this.ask(order);
  }
}
