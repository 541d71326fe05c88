import { hash } from 'node:crypto';
import { Fault } from '../domain/fault.ts';

const entriesMax = 1024;
const deathsToRefuse = 2;

/** Remembers inputs that ended workers, by digest, so that the third try costs a hash and not another worker. */
export class PoisonList {
  readonly #deaths = new Map<string, number>();

  /** Throws Fault `poison_input` when this picture has ended two workers under this model. */
  check(model: string, image: Uint8Array): void {
    if (this.#deaths.size === 0) return; // The usual case costs nothing.
    const deaths = this.#deaths.get(keyOf(model, image)) ?? 0;
    if (deaths >= deathsToRefuse) {
      throw new Fault(
        'poison_input',
        `This picture has ended ${deaths} workers under ${model}; it is refused without another try.`,
      );
    }
  }

  /** Notes that a worker died while it held this picture alone. */
  note(model: string, image: Uint8Array, deaths: number): void {
    const key = keyOf(model, image);
    this.#deaths.delete(key);
    this.#deaths.set(key, deaths);
    const [oldest] = this.#deaths.keys();
    if (this.#deaths.size > entriesMax && oldest !== undefined) this.#deaths.delete(oldest);
  }
}

function keyOf(model: string, image: Uint8Array): string {
  return `${model} ${hash('sha256', image)}`;
}
