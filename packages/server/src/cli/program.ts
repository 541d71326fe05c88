import { Command } from 'commander';
import { ownVersion } from '../ownVersion.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { inspectCommand } from './commands/inspect.ts';
import { migrateCommand } from './commands/migrate.ts';
import { modelsCommand } from './commands/models.ts';
import { runCommand } from './commands/run.ts';
import { segmentCommand } from './commands/segment.ts';
import { serveCommand } from './commands/serve.ts';
import { servingCommand } from './commands/serving.ts';
import type { Context } from './context.ts';
import { withExamples } from './examples.ts';

/** What a command tells the runner: its exit code. */
export type Finish = (exitCode: number) => void;

/** The whole command line. Building it loads nothing of segserve but the definitions of its commands. */
export function buildProgram(context: Context, finish: Finish): Command {
  const program = new Command('segserve')
    .description('Segments images: masks, mattes, cut-outs and statistics from any ONNX model, here or as a server')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command');
  withExamples(program, [
    ['segserve segment photo.jpg', 'cut the person out; writes photo.cutout.png'],
    ['segserve serve', 'serve the built-in models on http://127.0.0.1:8080'],
    ['segserve doctor', 'check that everything works on this machine'],
  ]);
  const commands = [
    segmentCommand,
    serveCommand,
    servingCommand,
    runCommand,
    modelsCommand,
    inspectCommand,
    configCommand,
    migrateCommand,
    doctorCommand,
  ];
  for (const command of commands) {
    program.addCommand(command(context, finish));
  }
  program.addCommand(completionCommand(context, finish, () => program));
  for (const command of everyCommand(program)) prepare(command, context);
  program.hook('preAction', (_, action) => context.setTitle(pathOf(action)));
  return program;
}

/** A command and all commands below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** "segserve models list" */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function prepare(command: Command, context: Context): void {
  const isLeaf = command.commands.length === 0;
  if (isLeaf) command.option('--verbose', 'print the stack of an error');
  command
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text).catch(() => {}),
      writeErr: (text) => void context.stderr.write(text).catch(() => {}),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
      outputError: (text, write) => write(`segserve: ${oneLine(text)} See "${pathOf(command)} --help".\n`),
    });
}

/** Commander writes "error: unknown option '--formt'\n(Did you mean --format?)". */
function oneLine(text: string): string {
  const words = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
  const sentence = words.replace(/\((Did you mean .*\?)\)$/, '$1');
  return /[.?!]$/.test(sentence) ? sentence.replace(/^(.*'\S+') Did/, '$1. Did') : `${sentence}.`;
}
