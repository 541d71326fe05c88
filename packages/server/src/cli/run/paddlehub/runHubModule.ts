import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { AnswerRequest, SegmentResult } from '../../../domain/request.ts';
import type { Context } from '../../context.ts';
import { modelCatalogue } from '../../modelCatalogue.ts';
import { numpyText } from './numpyText.ts';
import { type Opacity, opacityOfNpy } from './opacityOfNpy.ts';
import { type HubArgs, parseHubArgs } from './parseHubArgs.ts';
import { type PersonModule, personModules } from './personModules.ts';
import { savePicture } from './savePicture.ts';

/**
 * `hub run NAME --input_path …`: `args` begins with the module's name. Prints what Python would print of the returned
 * object, and gives the exit code.
 */
export async function runHubModule(args: readonly string[], context: Context): Promise<number> {
  const [word, ...words] = args;
  if (word === undefined) return failed('ERROR: You must give one module to run.', context);
  const name = word.split('==', 1)[0] ?? word;
  const module = personModules.get(name);
  if (module === undefined) return failed(`ERROR! Module ${name} is not executable.`, context);
  const given = parseHubArgs(words, module);
  const refusal = await refusalOf(given, context);
  if (refusal !== undefined) return failed(refusal, context);
  if (given.saveDir !== undefined) {
    await context.stderr.write('segserve: --save_dir: there is no Paddle model to be saved.\n');
  }
  const input = given.inputPath!;
  const result = await segment(given, module, input, context);
  const [tensor, picture] = result.answers;
  const place = { cwd: context.cwd, folder: given.outputDir, input };
  const saved = picture === undefined ? undefined : await savePicture(picture.bytes, module, place);
  await context.stdout.write(`${printed(opacityOfNpy(tensor!.bytes), module, saved)}\n`);
  return 0;
}

async function failed(sentence: string, context: Context): Promise<number> {
  await context.stderr.write(`${sentence}\n`);
  return 1;
}

/** What the module would have raised; undefined: nothing. */
async function refusalOf({ inputPath, useGpu, batchSize }: HubArgs, { cwd }: Context): Promise<string | undefined> {
  if (useGpu) {
    const why = 'Environment Variable CUDA_VISIBLE_DEVICES is not set correctly.';
    return `${why} Leave --use_gpu out: where a model runs stands in its manifest.`;
  }
  const found = inputPath === undefined ? undefined : await stat(path.resolve(cwd, inputPath)).catch(() => undefined);
  if (!found?.isFile()) return `The ${inputPath ?? 'None'} isn't a valid file path.`;
  return batchSize > 0 ? undefined : `--batch_size: expected a number of at least 1, found ${batchSize}.`;
}

async function segment(
  { visualization, model }: HubArgs,
  { form, levels }: PersonModule,
  input: string,
  context: Context,
): Promise<SegmentResult> {
  const { configOf, loadConfig } = await import('../../../config/loadConfig.ts');
  const { env, cwd, services } = context;
  const { config } = await loadConfig({ env, cwd });
  const specs = await modelCatalogue(config, context);
  const spec = await services.resolveModel(specs, model ?? configOf().defaultModel);
  const engine = await services.openEngine({
    models: [spec],
    limits: config.limits,
    threads: config.engine.threads,
  });
  try {
    const stretch = levels === undefined ? {} : { levels };
    const saved: AnswerRequest =
      form === 'matting'
        ? { kind: 'alpha', format: 'png' }
        : { kind: 'cutout', format: 'png', keepColors: true, decontaminate: false, ...stretch };
    const image = await readFile(path.resolve(cwd, input));
    const answers: AnswerRequest[] = [{ kind: 'tensor' }, ...(visualization ? [saved] : [])];
    return await engine.segment({ model: spec.ref, image, answers });
  } finally {
    await engine.close();
  }
}

function printed(opacity: Opacity, { form, levels }: PersonModule, saved: string | undefined): string {
  const { data, width, height } = opacity;
  const text = numpyText(levels === undefined ? data : stretched(data, levels), width, height);
  if (form === 'matting') return `[${text}]`;
  const path = saved === undefined ? '' : `'save_path': ${quoted(saved)}, `;
  return `[{${path}'data': ${text}}]`;
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text.replaceAll('\\', '\\\\')}'`;
}

/** As the engine does it: `from` and less become 0, `to` 255, what is between follows a line. */
function stretched(data: Uint8Array, { from, to }: NonNullable<PersonModule['levels']>): Uint8Array {
  return data.map((value) => Math.round((Math.max(0, value - from) * 255) / (to - from)));
}
