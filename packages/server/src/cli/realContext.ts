import type { Context, Output, Services, StopSignal } from './context.ts';

/** The process as it is. Each part of segserve is imported when first used, so that --help loads none of them. */
export function realContext(): Context {
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    services,
    now: () => performance.now(),
    setTitle: (title) => {
      process.title = title;
    },
    onStop,
    exitNow: (code) => process.exit(code),
  };
}

const services: Services = {
  openEngine: async (options) =>
    (await import('../engine/inProcess.ts')).openInProcess({ ...options, ownProcess: true }),
  startServer: async (config) => (await import('../server.ts')).startServer(config),
  builtInFolders: async (names) => (await import('../models/repository.ts')).builtInFolders(names),
  findModels: async (folders) => (await import('../models/repository.ts')).findModels(folders),
  resolveModel: async (specs, ref) => (await import('../models/repository.ts')).resolveModel(specs, ref),
  prepareGraph: async (spec, variant) => (await import('../models/prepare.ts')).prepareGraph(spec, variant),
  trialFusion: async (bytes, graph) => (await import('../models/trialFusion.ts')).trialFusion(bytes, graph),
  inspectGraph: async (bytes) => (await import('../graph/inspect.ts')).inspect(bytes),
  planCores: async ({ workers, threads }) => {
    const { availableCores, planWorkers } = await import('../engine/cores.ts');
    return planWorkers({ cores: availableCores(), workers, threads });
  },
};

function output(stream: NodeJS.WriteStream): Output {
  return {
    isTTY: stream.isTTY === true,
    // 0 on terminals that do not know their size; read anew, since windows are resized.
    get columns() {
      return stream.columns || 80;
    },
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

function onStop(listener: (signal: StopSignal) => void): () => void {
  const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
  const listeners = signals.map((signal) => [signal, () => listener(signal)] as const);
  for (const [signal, listen] of listeners) process.on(signal, listen);
  return () => {
    for (const [signal, listen] of listeners) process.off(signal, listen);
  };
}
