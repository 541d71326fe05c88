import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { configFrom } from '../configFlags.ts';
import type { Context, RunningServer, StopSignal } from '../context.ts';
import { greeting } from './greeting.ts';

/**
 * Log lines own standard error; what a person reads goes to standard output.
 * Starts, greets, waits for SIGTERM or SIGINT, finishes what was accepted; gives the exit code.
 */
export async function serveUntilStopped(command: Command, context: Context): Promise<number> {
  const { config } = await configFrom(command, context);
  return serveConfig(config, context);
}

/** The same with a configuration that is settled. What `whenListening` gives is called once the server has closed. */
export async function serveConfig(
  config: Config,
  context: Context,
  whenListening?: (server: RunningServer) => Promise<() => Promise<void>>,
): Promise<number> {
  const stop = Promise.withResolvers<StopSignal>();
  let signals = 0;
  const forget = context.onStop((signal) => {
    signals++;
    stop.resolve(signal);
    // The second signal means now; a signal before the server stands has nothing to finish.
    if (signals > 1) context.exitNow(signal === 'SIGINT' ? 130 : 143);
  });
  try {
    const server = await context.services.startServer(config);
    const whenClosed = await whenListening?.(server);
    if (signals === 0) await context.stdout.write(greeting(server, context.cwd));
    const signal = await stop.promise;
    const grace = `for at most ${config.engine.graceMs / 1000} s`;
    await context.stdout.write(`${signal}: finishing accepted requests ${grace}; once more to stop at once.\n`);
    await server.close();
    await whenClosed?.();
    await context.stdout.write('Stopped.\n');
    return 0;
  } finally {
    forget();
  }
}
