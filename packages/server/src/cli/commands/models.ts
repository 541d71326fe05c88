import { Command } from 'commander';
import { configFrom, withConfigFlags } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

/** `segserve models`: what can be served here. */
export function modelsCommand(context: Context, finish: Finish): Command {
  const models = new Command('models').description('The models that can be served here');
  withExamples(models, [['segserve models list', 'the built-in models and those of the configured folders']]);
  const list = new Command('list')
    .description('List name, version, task, licence, size and place of every model')
    .option('--json', 'as JSON');
  withConfigFlags(list, ['models']);
  withExamples(list, [
    ['segserve models list', 'the built-in models and those of the configured folders'],
    ['segserve models list --models ./models --json', 'with those of one more folder, for programs'],
  ]);
  list.action(async () => {
    const { listModels } = await import('../models/listModels.ts');
    const { config } = await configFrom(list, context);
    await context.stdout.write(await listModels(config, context, list.opts().json === true));
    finish(0);
  });
  return models.addCommand(list, { isDefault: true });
}
