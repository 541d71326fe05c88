import type { Command } from 'commander';

/** A command line and what it does. */
export type Example = readonly [line: string, does: string];

/** Puts examples under the help of a command, lines first, as a reader copies them. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const rows = examples.map(([line, does]) => `  ${line.padEnd(width)}  # ${does}`);
  return command.addHelpText('after', `\nExamples:\n${rows.join('\n')}`);
}
