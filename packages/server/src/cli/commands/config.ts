import { Command } from 'commander';
import { configFrom, serveFlagNames, withConfigFlags } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';
import { table } from '../table.ts';

/** `segserve config`: every setting, its value, and who set it. */
export function configCommand(context: Context, finish: Finish): Command {
  const command = new Command('config')
    .description('Show every setting, its value, where that came from, and the variable that sets it')
    .option('--json', 'as JSON')
    .option('--schema', 'the JSON Schema of segserve.yaml, for editors');
  withConfigFlags(command, serveFlagNames);
  withExamples(command, [
    ['segserve config', 'what "segserve serve" would use here'],
    ['segserve config --config other.yaml --port 9000', 'the same with this file and flag'],
    ['segserve config --schema > segserve.schema.json', 'for completion and checks in an editor'],
  ]);
  return command.action(async () => {
    const { json, schema } = command.opts();
    await context.stdout.write(schema ? await schemaText() : await explained(command, context, json === true));
    finish(0);
  });
}

async function schemaText(): Promise<string> {
  const { configJsonSchema } = await import('../../config/configSchema.ts');
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

async function explained(command: Command, context: Context, json: boolean): Promise<string> {
  const { explainConfig } = await import('../../config/explainConfig.ts');
  const keys = explainConfig(await configFrom(command, context));
  if (json) return `${JSON.stringify(keys, null, 2)}\n`;
  const rows = keys.map(({ key, value, origin, variable }) => [
    key,
    shownValue(value),
    origin.source === 'derived' ? `from ${origin.name}` : origin.name,
    variable,
  ]);
  return table([['KEY', 'VALUE', 'FROM', 'VARIABLE'], ...rows]);
}

function shownValue(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', ') || '(none)';
}
