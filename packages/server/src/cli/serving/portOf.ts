import { UsageError } from '../usageError.ts';

/** The port that `-p` names. */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`--port: expected a whole number from 0 to 65535, found "${text}".`);
}
