import type { FaultCode } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { UsageError, usageExit } from './usageError.ts';

export interface Failure {
  /** One line for each mistake, each with what to do about it. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** Faults that a different command line would have avoided. */
const usageCodes: ReadonlySet<FaultCode> = new Set([
  'config_invalid',
  'invalid_request',
  'unknown_answer',
  'unknown_model',
]);

/** What the caller can do where the message does not say it. */
const advice: Partial<Record<FaultCode, string>> = {
  unknown_model: 'See "segserve models list".',
  config_invalid: 'See "segserve config" for every key.',
  internal: 'Run again with --verbose and report what it prints.',
};

const systemErrors: Readonly<Record<string, (error: NodeJS.ErrnoException & { port?: number }) => string>> = {
  EADDRINUSE: ({ port }) =>
    `Port ${port ?? ''} is taken by another program. Choose one with --port, or 0 for any free one.`,
  EADDRNOTAVAIL: () => 'This machine has no such address. Choose one with --host, for example 127.0.0.1 or 0.0.0.0.',
  EACCES: ({ port, path }) =>
    port === undefined
      ? `No permission for ${path ?? 'a file'}. Change its permissions or choose another place.`
      : `No permission to listen on port ${port}. Choose one above 1023 with --port.`,
  ENOENT: ({ path }) => `${path ?? 'A file'} does not exist. Check the path.`,
  EISDIR: ({ path }) => `${path ?? 'A path'} is a folder, expected a file.`,
  EPIPE: () => 'The reader of the output has left.',
  ENOSPC: () => 'The disk is full. Free some space and run again.',
};

/** Any thrown value as the lines and the exit code that a person and a script need; never a stack. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { lines: [error.message], exitCode: usageExit };
  const system = systemErrors[(error as NodeJS.ErrnoException | null)?.code ?? ''];
  if (system && error instanceof Error) return { lines: [system(error)], exitCode: 1 };
  const fault = Fault.from(error);
  const lines = fault.message.split('\n').filter((line) => line.trim() !== '');
  const hint = advice[fault.code];
  const [only] = lines;
  if (hint && only && lines.length === 1) lines[0] = `${/[.?!]$/.test(only) ? only : `${only}.`} ${hint}`;
  return { lines, exitCode: usageCodes.has(fault.code) ? usageExit : 1 };
}
