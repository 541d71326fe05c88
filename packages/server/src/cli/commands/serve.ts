import { Command } from 'commander';
import { serveFlagNames, withConfigFlags } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

/** `segserve serve`: the server, until it is told to stop. */
export function serveCommand(context: Context, finish: Finish): Command {
  const command = new Command('serve').description('Serve models until stopped; the first Ctrl-C finishes what runs');
  withConfigFlags(command, serveFlagNames);
  command.option('--from <old-config>', 'configuration of another server, migrated; the file and flags overrule it');
  withExamples(command, [
    ['segserve serve', 'the built-in models on http://127.0.0.1:8080'],
    ['segserve serve --port 9000 --models ./models', 'your models beside them'],
    ['segserve serve --host 0.0.0.0 --workers 2', 'for other machines, with two engine processes'],
    ['segserve serve --config segserve.yaml', 'everything from a file; flags overrule it'],
    ['segserve serve --wire mortred:8091 --wire paddlehub:8866', 'for the clients of other servers, on their ports'],
    ['segserve serve --from config.json', 'in the place of another server, as its own configuration says'],
    ['SEGSERVE_LOG_LEVEL=debug segserve serve', 'a variable overrules the file; "segserve config" names them all'],
  ]);
  return command.action(async () => {
    const { serveUntilStopped } = await import('../serve/serveUntilStopped.ts');
    finish(await serveUntilStopped(command, context));
  });
}
