import { CommanderError } from 'commander';
import type { Context } from './context.ts';
import { failureOf } from './failure.ts';
import { buildProgram } from './program.ts';
import { usageExit } from './usageError.ts';

/** Runs one command line and gives its exit code: 0 done, 1 failed, 2 wrong usage, 128 + n stopped by signal n. */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has already written its help or its one line; 0 stands for --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExit;
    const failure = failureOf(error);
    const verbose = argv.includes('--verbose') && error instanceof Error && error.stack ? `${error.stack}\n` : '';
    await context.stderr.write(failure.lines.map((line) => `segserve: ${line}\n`).join('') + verbose);
    return failure.exitCode;
  }
}
