import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Limits } from '../domain/limits.ts';
import type { PromptableSpec } from '../domain/modelSpec.ts';
import type { Opened } from '../pipeline/opened.ts';
import { compareGolden } from './compareGolden.ts';
import { planPicture } from './planPicture.ts';
import type { SegmentWork } from './ticketWork.ts';

/** The same for a promptable package: each golden picture comes with its prompts. Resolves to how many there were. */
export async function checkPromptGoldens(model: Opened, spec: PromptableSpec, limits: Limits): Promise<number> {
  const { golden: goldens } = spec.manifest;
  if (goldens.length > 0) await model.warmUp(); // it finds out how many things a run takes, which goldens of one thing do not
  for (const { image: file, prompts, expected, maxMeanDifference } of goldens) {
    const image = await readFile(path.join(spec.folder, file));
    const request = { model: spec.ref, image, answers: [{ kind: 'alpha', format: 'png' }], prompts } as const;
    const { work } = await planPicture(spec, request, limits);
    const where = `${spec.ref}: golden ${file}`;
    const made = await firstAnswer(model, work);
    await compareGolden(where, made, path.join(spec.folder, expected), 'alpha', { maxMeanDifference }, limits);
  }
  return goldens.length;
}

async function firstAnswer(model: Opened, work: SegmentWork): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  await model.segment([work], (_, outcome) => {
    if ('fault' in outcome) reject(outcome.fault);
    else resolve(outcome.result.answers[0]!.bytes);
  });
  return promise;
}
