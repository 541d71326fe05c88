import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every few milliseconds until the answer is true (or a value); fails with `what` after `withinMs`. */
export async function until<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  withinMs = 30_000,
): Promise<NonNullable<Value>> {
  const last = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (performance.now() > last) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await sleep(5);
  }
}
