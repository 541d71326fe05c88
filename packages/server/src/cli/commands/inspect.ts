import { Command } from 'commander';
import { configFrom, withConfigFlags } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

/** `segserve inspect`: what a model is, and what became of it in fusion. */
export function inspectCommand(context: Context, finish: Finish): Command {
  const command = new Command('inspect')
    .description('Show inputs, outputs and operators of a model, what was fused into its graph, and what not and why')
    .argument('<model>', 'an .onnx file, a package folder, or the name of a model')
    .option('--json', 'as JSON');
  withConfigFlags(command, ['models']);
  withExamples(command, [
    ['segserve inspect portrait', 'a model by name'],
    ['segserve inspect ./models/street/1', 'a package folder'],
    ['segserve inspect network.onnx --json', 'a bare graph, with a guess at its manifest'],
  ]);
  return command.action(async (word: string) => {
    const { inspectModel } = await import('../inspect/inspectModel.ts');
    const { config } = await configFrom(command, context);
    await context.stdout.write(await inspectModel(word, config, context, command.opts().json === true));
    finish(0);
  });
}
