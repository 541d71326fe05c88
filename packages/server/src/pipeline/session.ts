import type { ExecutionProvider } from '@segserve/contract';
import { InferenceSession, listSupportedBackends, type Tensor } from 'onnxruntime-node';
import { Fault } from '../domain/fault.ts';
import type { PreparedGraph } from '../domain/modelSpec.ts';
import { runtimeSentence } from './runtimeSentence.ts';

export interface SessionOptions {
  readonly threads: number;
  /** In order of preference. */
  readonly providers: readonly ExecutionProvider[];
}

/** A graph in the runtime, ready to run. */
export interface Session {
  readonly graph: PreparedGraph;
  /** The execution provider that it really got. */
  readonly provider: ExecutionProvider;
  /** Why each provider that was preferred to it was passed over, as a sentence each. */
  readonly passedOver: readonly string[];
  /** Element type of the image input: uint8, float32, float16. */
  readonly inputType: string;
  /** Blocks its thread while the network runs: the runtime has no asynchronous run. */
  run(image: Tensor, trimap?: Tensor): Promise<readonly Tensor[]>;
  /**
   * Runs the graph on tensors by name and gives the named outputs, in that order. A failure is told as the fault
   * `invalid_request`: the tensors are the caller's, and a graph that has been opened seldom fails by itself.
   */
  runNamed(feeds: Readonly<Record<string, Tensor>>, outputNames: readonly string[]): Promise<readonly Tensor[]>;
  /** Waits for runs in flight. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the graph with the first provider that works. Each is tried alone: a list would let the runtime fall back to the
 * CPU without a word. Rejects with Fault `model_invalid` that names every provider and why it did not work.
 */
export async function openSession(graph: PreparedGraph, options: SessionOptions): Promise<Session> {
  const here = new Set(listSupportedBackends().map((backend) => backend.name));
  const passedOver: string[] = [];
  for (const provider of options.providers) {
    if (!here.has(provider)) {
      passedOver.push(`${provider}: not part of the runtime on this machine.`);
      continue;
    }
    try {
      return wrap(graph, provider, passedOver, await create(graph, provider, options.threads));
    } catch (error) {
      passedOver.push(`${provider}: ${runtimeSentence(error)}${hint(error)}`);
    }
  }
  throw new Fault('model_invalid', `No execution provider opened the model. ${passedOver.join(' ')}`, {
    expected: `a model that ${options.providers.join(' or ')} can open`,
    received: passedOver.join(' '),
  });
}

function create(graph: PreparedGraph, provider: ExecutionProvider, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(graph.bytes, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin while idle take the cores from decoding: 219 against 156 ms of CPU for one run after a pause.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    enableCpuMemArena: false,
    enableMemPattern: false,
    // What fails is thrown and told as a fault. The runtime's own lines tell it again, and callers could fill the log with them.
    logSeverityLevel: 4,
  });
}

/** Some published files break rules that only the optimiser checks. We do not lower the level unasked: it costs speed. */
function hint(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return /same node name|duplicate/i.test(message)
    ? ' The file breaks a rule of ONNX that the optimiser relies on; rename the nodes or export the model again.'
    : '';
}

function wrap(
  graph: PreparedGraph,
  provider: ExecutionProvider,
  passedOver: string[],
  native: InferenceSession,
): Session {
  const input = native.inputMetadata.find((value) => value.name === graph.inputName);
  const running = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  const track = async (feeds: Readonly<Record<string, Tensor>>, outputNames: readonly string[]) => {
    if (closed) throw new Fault('model_not_ready', 'The model has been closed.');
    const run = native.run(feeds, [...outputNames]);
    running.add(run);
    try {
      const outputs = await run;
      return outputNames.map((name) => outputs[name] as Tensor);
    } finally {
      running.delete(run);
    }
  };
  return {
    graph,
    provider,
    passedOver,
    inputType: input?.isTensor ? input.type : 'unknown',
    async run(image, trimap) {
      const beside = trimap && graph.trimapName !== undefined ? { [graph.trimapName]: trimap } : {};
      try {
        return await track({ [graph.inputName]: image, ...beside }, graph.outputNames);
      } catch (error) {
        throw failed('model_invalid', 'The model failed while it ran', error);
      }
    },
    async runNamed(feeds, outputNames) {
      try {
        return await track(feeds, outputNames);
      } catch (error) {
        throw failed('invalid_request', 'The graph does not run on these tensors', error);
      }
    },
    close() {
      closed ??= Promise.allSettled(running).then(() => native.release());
      return closed;
    },
  };
}

function failed(code: 'model_invalid' | 'invalid_request', what: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault(code, `${what}: ${runtimeSentence(error)}`, { cause: error });
}
