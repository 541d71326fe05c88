import { createHash, hash } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { extrasOf, type SegmentWork, type TicketWork } from './ticketWork.ts';

const entriesMax = 1024;
const deathsToRefuse = 2;

/** Remembers inputs that ended workers, by digest, so that the third try costs a hash and not another worker. */
export class PoisonList {
  readonly #deaths = new Map<string, number>();

  /** Throws Fault `poison_input` when this input has ended two workers under this model. */
  check(model: string, work: TicketWork): void {
    if (this.#deaths.size === 0) return; // The usual case costs nothing.
    const deaths = this.#deaths.get(keyOf(model, work)) ?? 0;
    if (deaths >= deathsToRefuse) {
      throw new Fault(
        'poison_input',
        `${work.kind === 'segment' ? 'This picture has' : 'These tensors have'} ended ${deaths} workers under ${model}: refused without another try.`,
      );
    }
  }

  /** Notes that a worker died while it held this input alone. */
  note(model: string, work: TicketWork, deaths: number): void {
    const key = keyOf(model, work);
    this.#deaths.delete(key);
    this.#deaths.set(key, deaths);
    const [oldest] = this.#deaths.keys();
    if (this.#deaths.size > entriesMax && oldest !== undefined) this.#deaths.delete(oldest);
  }
}

function keyOf(model: string, work: TicketWork): string {
  if (work.kind === 'segment') return `${model} ${digestsOf(work)}`;
  const digest = createHash('sha256');
  for (const tensor of work.inputs) {
    digest.update(JSON.stringify([tensor.name, tensor.type, tensor.dims]));
    digest.update(tensor.type === 'string' ? JSON.stringify(tensor.strings) : tensor.bytes);
  }
  return `${model} tensors ${digest.digest('hex')}`;
}

/** With the pictures beside it: each of them is decoded too, and may be what ends a worker. */
function digestsOf(work: SegmentWork): string {
  return [work, ...extrasOf(work)].map(({ image }) => hash('sha256', image)).join(' ');
}
