import { instancesMax } from '@segserve/contract';
import type { Region } from '../../domain/geometry.ts';
import type { Instance } from '../instances/instance.ts';
import { measured, type Spans, spansOf } from '../instances/spans.ts';
import { Scene, type SceneParts } from '../scene.ts';
import { maskOfThing } from './maskOfThing.ts';
import type { Thing } from './thingsOf.ts';

/** The whole picture, empty at first, onto which what was found in crops is put. */
export interface Canvas {
  /** Crops come in order: where classes lie on each other the later one is on top. */
  paste(found: Scene, crop: Region, thing: Thing): void;
  scene(): Scene;
}

const none = { labels: undefined, alpha: undefined, score: undefined };

/** Of a scene: what it has before anything is found. */
type Frame = Pick<SceneParts, 'spec' | 'width' | 'height' | 'threshold' | 'photo'>;

export function canvasFor(paste: 'whole' | 'things', frame: Frame, instancesMost = instancesMax): Canvas {
  if (paste === 'things') return thingCanvas(frame, instancesMost);
  switch (frame.spec.manifest.task) {
    case 'matting':
      return alphaCanvas(frame);
    case 'instance':
      return instanceCanvas(frame, instancesMost);
    default:
      return classCanvas(frame);
  }
}

/** Where crops lie on each other the larger opacity counts, so their order does not. */
function alphaCanvas(frame: Frame): Canvas {
  const alpha = new Uint8Array(frame.width * frame.height);
  return {
    paste: (found, crop) => pasteMax(alpha, frame.width, found.alpha!, crop),
    scene: () => new Scene({ ...frame, ...none, alpha }),
  };
}

export function pasteMax(whole: Uint8Array, width: number, part: Uint8Array, { x, y, ...size }: Region): void {
  for (let row = 0, from = 0; row < size.height; row++) {
    let to = (y + row) * width + x;
    for (const end = from + size.width; from < end; from++, to++) {
      if (part[from]! > whole[to]!) whole[to] = part[from]!;
    }
  }
}

/** A crop's background hides nothing. */
function classCanvas(frame: Frame): Canvas {
  const { manifest, labels: names } = frame.spec;
  const rest = manifest.background ?? 0;
  const pixels = frame.width * frame.height;
  const labels = (names.length > 256 ? new Uint16Array(pixels) : new Uint8Array(pixels)).fill(rest);
  return {
    paste: (found, crop) => pasteOver(labels, frame.width, found.labels.data, crop, rest),
    scene: () => new Scene({ ...frame, ...none, labels }),
  };
}

type Classes = Uint8Array | Uint16Array;

export function pasteOver(whole: Classes, width: number, part: Classes, { x, y, ...size }: Region, rest: number): void {
  for (let row = 0, from = 0; row < size.height; row++) {
    let to = (y + row) * width + x;
    for (const end = from + size.width; from < end; from++, to++) {
      if (part[from] !== rest) whole[to] = part[from]!;
    }
  }
}

/** All of them. Those of crops that lie on each other may be found twice. */
function instanceCanvas(frame: Frame, most: number): Canvas {
  const found: Instance[] = [];
  return {
    paste: (scene, crop) => {
      for (const one of scene.instances ?? []) {
        found.push({ ...one, ...shifted(one, crop), spans: shiftedSpans(one.spans, crop, frame.width) });
      }
    },
    scene: () => sceneOfInstances(frame, numbered(found, most)),
  };
}

/** Each thing with the mask that its crop shows of it; one whose mask is empty is gone. */
function thingCanvas(frame: Frame, most: number): Canvas {
  const found: Instance[] = [];
  return {
    paste: (scene, crop, { instance }) => {
      if (!instance) return;
      const spans = spansOf(maskOfThing(scene, crop, instance, frame.width), crop, frame.width);
      const facts = measured(spans, frame.width);
      if (facts) found.push({ ...instance, ...facts, spans });
    },
    scene: () => sceneOfInstances(frame, numbered(found, most)),
  };
}

function shifted({ box, centroid }: Instance, { x, y }: Region): Pick<Instance, 'box' | 'centroid'> {
  return { box: { ...box, x: box.x + x, y: box.y + y }, centroid: { x: centroid.x + x, y: centroid.y + y } };
}

/** Runs of a crop as runs of the picture that it was cut out of. */
export function shiftedSpans(spans: Spans, { x, y, width: across }: Region, width: number): Spans {
  const out = new Uint32Array(spans.length);
  for (let at = 0; at < spans.length; at += 2) {
    const row = Math.floor(spans[at]! / across);
    const to = (y + row) * width + x - row * across;
    out[at] = spans[at]! + to;
    out[at + 1] = spans[at + 1]! + to;
  }
  return out;
}

export function sceneOfInstances(frame: Frame, instances: readonly Instance[]): Scene {
  return new Scene({ ...frame, ...none, instances });
}

/** The highest score first, numbered so; among equals the one that was pasted last, as it is the better thing's. */
export function numbered(found: readonly Instance[], most: number): Instance[] {
  return found
    .toReversed()
    .toSorted((a, b) => b.score - a.score)
    .slice(0, most)
    .map((one, index) => ({ ...one, id: index + 1 }));
}
