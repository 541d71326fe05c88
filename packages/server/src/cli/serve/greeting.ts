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
  const line = curlLine(address, models, cwd);
  return [
    `segserve ${ownVersion()} listens on ${address}`,
    ...addresses.filter(({ wires }) => wires.some((wire) => wire !== 'native')).map(wireLine),
    `${count(plan.workers, 'worker')} × ${count(plan.threads, 'thread')}: ${plan.why}`,
    models.length === 0 ? 'no models: --models names folders of them' : table(models.map(modelRow)).trimEnd(),
    '',
    ...(line === undefined ? [] : ['Try it:', `  ${line}`, '']),
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

/**
 * A line that works when pasted: an address that can be dialled, a model that is ready, a picture that exists. Undefined where no
 * model answers to a picture alone.
 */
export function curlLine(address: string, models: readonly ModelDetail[], cwd: string): string | undefined {
  const base = dialable(address);
  const segmenting = models.filter(({ task }) => task !== 'tensor' && task !== 'promptable');
  const ready = segmenting.filter(({ state }) => state === 'ready');
  // The example is a photo of a person: a model that cuts people out shows most.
  const model = ready.find(({ task }) => task === 'matting') ?? ready[0] ?? segmenting[0];
  if (model === undefined || model.task === 'tensor') return undefined;
  const answer = usualAnswer[model.task];
  const url = `${base}/v1/models/${model.name}/segment?answer=${answer}`;
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
