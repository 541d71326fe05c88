import type { Size } from '../../domain/geometry.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { classesOf, keepRuns } from '../regions/regionsOf.ts';
import { RunRows } from '../regions/runRows.ts';
import { Scene } from '../scene.ts';

/** What answers made of outlines keep of rows that pass: runs of the wanted classes, of which the whole picture's scene is made. */
export class KeptRuns {
  readonly #size: Size;
  readonly #plan: AnswerPlan;
  #runs: RunRows | undefined;
  #last: Scene | undefined;
  #scene: Scene | undefined;

  constructor(size: Size, plan: AnswerPlan) {
    this.#size = size;
    this.#plan = plan;
  }

  /** The same rows may come once for each answer that shares this. */
  push(rows: Scene): void {
    if (rows === this.#last) return;
    this.#last = rows;
    this.#runs ??= new RunRows(this.#size, classesOf(rows, this.#plan));
    this.#runs.push(rows.labels);
  }

  /** A scene of regions alone: it has no class map. */
  scene(): Scene {
    this.#scene ??= this.#ended();
    return this.#scene;
  }

  #ended(): Scene {
    const { spec, threshold, photo } = this.#last!;
    const { width, height } = this.#size;
    const whole = { spec, width, height, labels: undefined, alpha: undefined, score: undefined, threshold, photo };
    const scene = new Scene(whole);
    keepRuns(scene, this.#plan, this.#runs!.end());
    return scene;
  }
}

/** One for all answers of a request that want the same classes. */
export class KeptRunsByWish {
  readonly #size: Size;
  readonly #kept = new Map<string, KeptRuns>();

  constructor({ width, height }: Size) {
    this.#size = { width, height };
  }

  of(plan: AnswerPlan): KeptRuns {
    const key = JSON.stringify([plan.foreground ?? null, plan.merge]);
    const kept = this.#kept.get(key) ?? new KeptRuns(this.#size, plan);
    this.#kept.set(key, kept);
    return kept;
  }
}
