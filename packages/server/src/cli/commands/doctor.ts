import { Command } from 'commander';
import { withConfigFlags } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

/** `segserve doctor`: does it work here, and if not, what to do. */
export function doctorCommand(context: Context, finish: Finish): Command {
  const command = new Command('doctor')
    .description('Check this machine: versions, cores, memory, port, models, and a first mask with its time')
    .option('--json', 'as JSON');
  withConfigFlags(command, ['models', 'defaultModel', 'host', 'port', 'workers', 'threads']);
  withExamples(command, [
    ['segserve doctor', 'every check with what to do where one fails; exit code 1 then'],
    ['segserve doctor --port 80 --json', 'with another port, for programs'],
  ]);
  return command.action(async () => {
    const { examine } = await import('../doctor/examine.ts');
    finish(await examine(command, context));
  });
}
