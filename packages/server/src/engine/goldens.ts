import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Golden } from '@segserve/contract';
import { isChain } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import { isPromptable, type PictureSpec, takesPictures } from '../domain/modelSpec.ts';
import { readHeader } from '../pipeline/header.ts';
import type { Opened } from '../pipeline/opened.ts';
import { compareGolden } from './compareGolden.ts';
import { compareInstances } from './compareInstances.ts';
import { planAnswers } from './plan.ts';
import { checkPromptGoldens } from './promptGoldens.ts';

/**
 * Runs every golden picture of the package through the whole pipeline and compares. Throws Fault `model_invalid` that
 * names the first picture outside its bound: the model is not what its maker proved. Resolves to how many there were.
 */
export async function checkGoldens(model: Opened, limits: Limits): Promise<number> {
  if (isPromptable(model.spec)) return checkPromptGoldens(model, model.spec, limits);
  const spec = isChain(model.spec) ? model.spec.look : model.spec;
  if (!takesPictures(spec)) return 0;
  const { golden: goldens } = spec.manifest;
  for (const golden of goldens) await checkGolden(model, spec, golden, limits);
  return goldens.length;
}

async function checkGolden(model: Opened, spec: PictureSpec, golden: Golden, limits: Limits): Promise<void> {
  const { task } = spec.manifest;
  const where = `${spec.ref}: golden ${golden.image}`;
  const kind = golden.compare === 'instances' ? 'instances' : task === 'matting' ? 'alpha' : 'labels';
  if (kind === 'instances' && task !== 'instance' && task !== 'panoptic') {
    const needed = 'an answer of instances for compare: instances';
    throw new Fault('model_invalid', `${where}: expected ${needed}, found one of task ${task}.`);
  }
  const image = await readFile(path.join(spec.folder, golden.image));
  const trimap = golden.trimap === undefined ? undefined : await readFile(path.join(spec.folder, golden.trimap));
  const made = await answer(model, spec, image, trimap, kind, limits);
  const expected = path.join(spec.folder, golden.expected);
  if (kind === 'instances') await compareInstances(where, made, expected, golden.minAgreement, limits);
  else await compareGolden(where, made, expected, kind, golden, limits);
}

async function answer(
  model: Opened,
  spec: PictureSpec,
  image: Uint8Array,
  trimap: Uint8Array | undefined,
  kind: 'alpha' | 'labels' | 'instances',
  limits: Limits,
): Promise<Uint8Array> {
  const answers = planAnswers(spec, [{ kind, format: 'png' }]);
  const { threshold } = spec.manifest.output;
  const header = await readHeader(image, limits);
  const extras = trimap && { trimap: { image: trimap, header: await readHeader(trimap, limits) } };
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  await model.segment([{ image, header, answers, threshold, ...(extras && { extras }) }], (_, outcome) => {
    if ('fault' in outcome) reject(outcome.fault);
    else resolve(outcome.result.answers[0]!.bytes);
  });
  return promise;
}
