import { Command } from 'commander';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';
import { runForm } from '../run/runForm.ts';

/** `segserve run`: the `run` commands of two predecessors, told apart by their words, so that old scripts go on. */
export function runCommand(context: Context, finish: Finish): Command {
  const command = new Command('run')
    .description('Run a BentoML bundle or a PaddleHub module on files, with the words of their own `run`')
    .argument('<words...>', 'NAME:VERSION API and options of BentoML 0.x, or MODULE and options of PaddleHub')
    .allowUnknownOption();
  withExamples(command, [
    ['segserve run PytorchImageSegment:latest predict --input-file=photo.jpg', 'one line of JSON'],
    ['segserve run portrait:latest predict --input-file a.jpg b.jpg -q -o json', 'a model by its own name'],
    ['segserve run deeplabv3p_xception65_humanseg --input_path photo.jpg', 'a module of PaddleHub'],
  ]);
  return command.action(async () => {
    const words = command.args;
    if (runForm(words) === 'bundle') {
      const { runBundle } = await import('../run/bentoml/runBundle.ts');
      finish(await runBundle(words, context));
    } else {
      const { runHubModule } = await import('../run/paddlehub/runHubModule.ts');
      finish(await runHubModule(words, context));
    }
  });
}
