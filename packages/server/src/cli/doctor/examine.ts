import type { Command } from 'commander';
import { configFrom } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { failureOf } from '../failure.ts';
import { type Check, fail, ok } from './check.ts';
import { checkCores } from './checkCores.ts';
import { checkFirstMask } from './checkFirstMask.ts';
import { checkMemory } from './checkMemory.ts';
import { checkModels } from './checkModels.ts';
import { checkPort } from './checkPort.ts';
import { checkTemporaryFolder } from './checkTemporaryFolder.ts';
import { checkVersions } from './checkVersions.ts';

/** Runs every check, tells each as soon as it is known, and gives the exit code: 1 when one failed. */
export async function examine(command: Command, context: Context): Promise<number> {
  const json = command.opts().json === true;
  const found: Check[] = [];
  for await (const check of checks(command, context)) {
    found.push(check);
    if (!json) await context.stdout.write(lineOf(check));
  }
  if (json) await context.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  const failed = found.filter(({ level }) => level === 'fail').length;
  if (!json && failed > 0) await context.stdout.write(`${failed} ${failed === 1 ? 'check' : 'checks'} failed.\n`);
  return failed > 0 ? 1 : 0;
}

async function* checks(command: Command, context: Context): AsyncGenerator<Check> {
  yield* checkVersions();
  yield checkMemory();
  yield await checkTemporaryFolder();
  const loaded = await configFrom(command, context).catch((error: unknown) => error);
  if (loaded instanceof Error) {
    yield fail(
      'configuration',
      failureOf(loaded).lines.join(' '),
      'Correct it; the checks that need it were left out.',
    );
    return;
  }
  const { config } = loaded as Awaited<ReturnType<typeof configFrom>>;
  yield ok('configuration', 'valid');
  yield await checkCores(config, context);
  yield await checkPort(config.listen);
  const { check, spec } = await checkModels(config, context);
  yield check;
  if (spec) yield await checkFirstMask(spec, config, context);
}

function lineOf({ level, name, says, todo }: Check): string {
  const hint = todo === undefined ? '' : ` ${todo}`;
  return `${level.padEnd(5)} ${name.padEnd(16)} ${says}${hint}\n`;
}
