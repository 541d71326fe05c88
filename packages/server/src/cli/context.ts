import type { Config } from '../config/config.ts';
import type { Engine } from '../domain/engineDoor.ts';
import type { Limits } from '../domain/limits.ts';
import type { GraphSpec, GraphVariant, ModelSpec, PreparedGraph } from '../domain/modelSpec.ts';
import type { GraphInfo } from '../graph/inspect.ts';

/** Standard output or error. `write` resolves when the bytes have been handed over. */
export interface Output {
  readonly isTTY: boolean;
  readonly columns: number;
  write(chunk: string | Uint8Array): Promise<void>;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface RunningServer {
  readonly address: string;
  readonly addresses: readonly { readonly url: string; readonly wires: readonly string[] }[];
  readonly engine: Engine;
  close(): Promise<void>;
}

export interface CorePlan {
  readonly workers: number;
  readonly threads: number;
  readonly cores: number;
  readonly why: string;
}

/** The rest of segserve as commands see it; loaded only when a command asks for it. */
export interface Services {
  openEngine(options: { models: readonly ModelSpec[]; limits: Limits; threads: number | 'auto' }): Promise<Engine>;
  startServer(config: Config): Promise<RunningServer>;
  builtInFolders(names: readonly string[]): Promise<string[]>;
  findModels(folders: readonly string[]): Promise<ModelSpec[]>;
  resolveModel(specs: readonly ModelSpec[], ref: string): Promise<ModelSpec>;
  prepareGraph(spec: GraphSpec, variant: GraphVariant): Promise<PreparedGraph>;
  inspectGraph(bytes: Uint8Array): Promise<GraphInfo>;
  /** What fusion would do without a manifest, in a sentence. */
  trialFusion(bytes: Uint8Array, graph: GraphInfo): Promise<string>;
  planCores(engine: Config['engine']): Promise<CorePlan>;
}

/** All that a command touches outside itself, so that tests can stand in for each. */
export interface Context {
  readonly stdout: Output;
  readonly stderr: Output;
  /** `destroy` ends a read that would wait for ever. */
  readonly stdin: AsyncIterable<Uint8Array> & { destroy?(): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly services: Services;
  /** Milliseconds from any fixed point. */
  now(): number;
  setTitle(title: string): void;
  /** Calls `listener` for each SIGINT and SIGTERM until the returned function is called. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process without waiting for anything. */
  exitNow(code: number): void;
}
