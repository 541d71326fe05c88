import { Command } from 'commander';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

/** `segserve migrate`: the configuration of another server as one of ours. */
export function migrateCommand(context: Context, finish: Finish): Command {
  const command = new Command('migrate')
    .description(
      'Turn the configuration of another server into segserve.yaml, with a note for each key without meaning here',
    )
    .argument('<old-config>', 'its file or folder; what it is, is recognised')
    .option('--json', 'as JSON');
  withExamples(command, [
    ['segserve migrate config.json > segserve.yaml', 'PaddleHub Serving'],
    ['segserve migrate ./conf', 'the folder of PaddleSegServing'],
    ['segserve serve --from bisenetv2_server_config.ini', 'migrate and serve in one step'],
  ]);
  return command.action(async (named: string) => {
    const { migrate } = await import('../migrate/migrate.ts');
    const migrated = await migrate(named, context.cwd);
    const { configOf } = await import('../../config/loadConfig.ts');
    configOf(migrated.config, context.cwd); // What is printed must be usable; a reader that errs says so here.
    const { migratedYaml } = await import('../migrate/migratedYaml.ts');
    const text =
      command.opts().json === true ? `${JSON.stringify(migrated, null, 2)}\n` : migratedYaml(migrated, named);
    await context.stdout.write(text);
    finish(0);
  });
}
