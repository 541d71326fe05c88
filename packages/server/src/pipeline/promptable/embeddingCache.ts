import type { Tensor } from 'onnxruntime-node';
import type { EmbeddingUse } from '../../domain/promptPlan.ts';

/** What an encoder made of one picture, by the name of the decoder's input. */
export interface Embedding {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly bytes: number;
}

/** Which embedding: of which model, of which picture and part of it. */
export interface EmbeddingKey {
  readonly model: string;
  readonly picture: string;
}

export interface EmbeddingFound {
  readonly embedding: Embedding;
  readonly outcome: EmbeddingUse['outcome'];
}

/**
 * Embeddings of one worker, all models and callers together, the least recently used gone first when bytes run out. Who asks
 * for one that is being made waits for it: the encoder runs once, whoever of them leaves meanwhile. What failed is not kept.
 */
export class EmbeddingCache {
  readonly #bytesMax: number;
  /** Oldest use first. */
  readonly #kept = new Map<string, Embedding>();
  readonly #making = new Map<string, Promise<Embedding>>();
  #bytes = 0;
  #evictions = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  async get(key: EmbeddingKey, make: () => Promise<Embedding>): Promise<EmbeddingFound> {
    const id = idOf(key);
    const kept = this.#kept.get(id);
    if (kept) {
      this.#kept.delete(id);
      this.#kept.set(id, kept);
      return { embedding: kept, outcome: 'hit' };
    }
    const making = this.#making.get(id);
    if (making) return { embedding: await making, outcome: 'hit' };
    return { embedding: await this.#make(id, make), outcome: 'miss' };
  }

  /** What a model leaves behind when it is closed. What is being made for it is given to those who wait, and not kept. */
  drop(model: string): void {
    for (const id of [...this.#kept.keys()]) if (isOf(id, model)) this.#remove(id);
    for (const id of [...this.#making.keys()]) if (isOf(id, model)) this.#making.delete(id);
  }

  get standing(): Omit<EmbeddingUse, 'outcome'> {
    return { entries: this.#kept.size, bytes: this.#bytes, evictions: this.#evictions };
  }

  async #make(id: string, make: () => Promise<Embedding>): Promise<Embedding> {
    const making = make();
    this.#making.set(id, making);
    try {
      const embedding = await making;
      if (this.#making.get(id) === making) this.#keep(id, embedding);
      return embedding;
    } finally {
      if (this.#making.get(id) === making) this.#making.delete(id);
    }
  }

  #keep(id: string, embedding: Embedding): void {
    if (embedding.bytes > this.#bytesMax) return;
    this.#kept.set(id, embedding);
    this.#bytes += embedding.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#remove(oldest);
      this.#evictions += 1;
    }
  }

  #remove(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }
}

/** Names of models hold no spaces. */
function idOf({ model, picture }: EmbeddingKey): string {
  return `${model} ${picture}`;
}

function isOf(id: string, model: string): boolean {
  return id.startsWith(`${model} `);
}
