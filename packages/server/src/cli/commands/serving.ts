import { Command } from 'commander';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

/** `segserve serving`: the words of PaddleHub's `hub serving`, for who comes from there. */
export function servingCommand(context: Context, finish: Finish): Command {
  const command = new Command('serving').description('Start and stop a server for the clients of PaddleHub Serving');
  withExamples(command, [
    ['segserve serving start -m humanseg_server', 'as "hub serving start", on port 8866'],
    ['segserve serving stop -p 8866', 'stop what was started on that port'],
  ]);
  command.showHelpAfterError();
  command.addCommand(startCommand(context, finish));
  command.addCommand(stopCommand(context, finish));
  return command;
}

function startCommand(context: Context, finish: Finish): Command {
  const command = new Command('start')
    .description('Serve PaddleHub modules until stopped')
    .argument('[service]', 'bert_service: there is none here')
    .option('-m, --modules <names...>', 'modules, NAME or NAME==VERSION; the version is not looked at')
    .option('-p, --port <number>', 'port to listen on', '8866')
    .option('-c, --config <file>', "PaddleHub's config.json; options that it has keys for are then ignored")
    .option('--modules_info <json>', 'arguments of modules: {"NAME": {"predict_args": {…}}}')
    .option('--use_gpu', 'take requests that say use_gpu; where a model runs is set in its manifest')
    .option('-i, --gpu <list>', 'has no meaning here')
    .option('--use_multiprocess', 'has no meaning here: worker processes are always used')
    .option('-w, --workers <number>', 'has no meaning here: planned from the cores')
    .option('--use_singleprocess', 'has no meaning here')
    .option('--host <address>', 'address to listen on', '0.0.0.0')
    .option('--map <module=model>', 'the model that answers for a module; may be repeated', collect)
    .option('--models <folder>', 'folder with model packages; may be repeated', collect);
  withExamples(command, [
    ['segserve serving start -m humanseg_server humanseg_lite', 'two modules on port 8866 of every address'],
    ['segserve serving start -c config.json', "modules, arguments and port from PaddleHub's own file"],
    [
      'segserve serving start -m bisenetv2_cityscapes --map bisenetv2_cityscapes=street --models ./models',
      'your model',
    ],
  ]);
  command.showHelpAfterError();
  return command.action(async (service: string | undefined) => {
    const { startServing } = await import('../serving/startServing.ts');
    finish(await startServing(service, command.opts(), context));
  });
}

function stopCommand(context: Context, finish: Finish): Command {
  const command = new Command('stop')
    .description('Stop what "segserve serving start" has started on a port')
    .option('-p, --port <number>', 'the port it listens on', '8866');
  withExamples(command, [['segserve serving stop -p 8866', 'accepted requests are finished first']]);
  command.showHelpAfterError();
  return command.action(async () => {
    const { stopServing } = await import('../serving/stopServing.ts');
    finish(await stopServing(command.opts(), context));
  });
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
