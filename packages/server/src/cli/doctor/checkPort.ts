import { createServer } from 'node:net';
import type { ListenConfig } from '../../config/config.ts';
import { failureOf } from '../failure.ts';
import { type Check, fail, ok } from './check.ts';

/** Whether the configured address can be listened on right now. */
export async function checkPort({ host, port }: Pick<ListenConfig, 'host' | 'port'>): Promise<Check> {
  const probe = createServer();
  const listening = Promise.withResolvers<void>();
  probe.once('error', listening.reject);
  probe.listen(port, host, listening.resolve);
  try {
    await listening.promise;
    return ok('port', `${host}:${port} is free`);
  } catch (error) {
    return fail('port', `${host}:${port} cannot be used.`, failureOf(error).lines.join(' '));
  } finally {
    probe.close();
  }
}
