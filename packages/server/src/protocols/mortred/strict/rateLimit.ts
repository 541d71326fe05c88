/** Addresses that are remembered; beyond it the one that was heard of longest ago is forgotten. */
const addressesMax = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** `rate_limit_qps` for each client address: a bucket that holds one second's worth, and one request at least. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  /** 0: no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether this request may pass. */
  takes(address: string, nowMs = performance.now()): boolean {
    if (this.#perSecond <= 0) return true;
    const size = Math.max(1, this.#perSecond);
    const { tokens, filledAt } = this.#buckets.get(address) ?? { tokens: size, filledAt: nowMs };
    const filled = Math.min(size, tokens + ((nowMs - filledAt) / 1000) * this.#perSecond);
    const passes = filled >= 1;
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens: passes ? filled - 1 : filled, filledAt: nowMs });
    if (this.#buckets.size > addressesMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    return passes;
  }
}
