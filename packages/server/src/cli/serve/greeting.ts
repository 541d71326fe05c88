import { existsSync } from 'node:fs';
import path from 'node:path';
import { answerFacts, fileExtensions, type ModelDetail } from '@segserve/contract';
import { usualAnswer } from '../../domain/usualAnswer.ts';
import { ownPackageFolder, ownVersion } from '../../ownVersion.ts';
import type { RunningServer } from '../context.ts';
import { table } from '../table.ts';

/** What a person needs to know of a server that has just started: where, what, how it uses the machine, how to try it. */
export function greeting({ address, addresses, engine }: RunningServer, cwd: string): string {
  const { plan } = engine.status();
  const models = engine.models();
  return [
    `segserve ${ownVersion()} listens on ${address}`,
    ...addresses.filter(({ wires }) => wires.some((wire) => wire !== 'native')).map(wireLine),
    `${count(plan.workers, 'worker')} × ${count(plan.threads, 'thread')}: ${plan.why}`,
    models.length === 0 ? 'no models' : table(models.map(modelRow)).trimEnd(),
    '',
    'Try it:',
    `  ${curlLine(address, models, cwd)}`,
    '',
  ].join('\n');
}

function wireLine({ url, wires }: RunningServer['addresses'][number]): string {
  return `  ${wires.join(', ')} on ${url}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function modelRow(model: ModelDetail): string[] {
  const how = model.state === 'failed' ? (model.error ?? 'no reason given') : providersOf(model);
  return [`  ${model.name}:${model.version}`, model.task, model.state, how];
}

function providersOf({ providers, fused }: ModelDetail): string {
  return `${[...new Set(providers)].join(', ') || 'provider not known yet'}${fused ? ', fused' : ''}`;
}

/** A line that works when pasted: an address that can be dialled, a model that is ready, a picture that exists. */
export function curlLine(address: string, models: readonly ModelDetail[], cwd: string): string {
  const base = dialable(address);
  const segmenting = models.filter(({ task }) => task !== 'tensor');
  const ready = segmenting.filter(({ state }) => state === 'ready');
  // The example is a photo of a person: a model that cuts people out shows most.
  const model = ready.find(({ task }) => task === 'matting') ?? ready[0] ?? segmenting[0];
  const answer = model === undefined || model.task === 'tensor' ? 'cutout' : usualAnswer[model.task];
  const url = `${base}/v1/models/${model?.name ?? 'portrait'}/segment?answer=${answer}`;
  const trust = base.startsWith('https:') ? ' --insecure' : '';
  return `curl${trust} -sS --fail-with-body -H 'Content-Type: image/jpeg' --data-binary @${examplePicture(cwd)} '${url}' -o ${answer}.${fileExtensions[answerFacts[answer].formats[0]]}`;
}

/** 0.0.0.0 and [::] are addresses to listen on, not to call. */
function dialable(address: string): string {
  return address.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]').replace(/\/$/, '');
}

/** A picture of the checkout; a published package has none. */
function examplePicture(cwd: string): string {
  const picture = path.resolve(ownPackageFolder(), '../../examples/astronaut.jpg');
  if (!existsSync(picture)) return 'photo.jpg';
  const near = path.relative(cwd, picture);
  const shown = near.startsWith('..') ? picture : near;
  return /[^\w./-]/.test(shown) ? `'${shown}'` : shown;
}
