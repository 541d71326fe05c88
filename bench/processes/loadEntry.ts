/** Asks a server, from a process of its own, so that what asking costs can be told apart. */
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { answerOrders } from './helperProcess.ts';
import { type Reply, send } from './send.ts';

export interface Load {
  readonly url: string;
  /** Files whose bytes are the bodies, taken in turn: pictures, or whatever a wire wants around them. */
  readonly pictures: readonly string[];
  /** image/jpeg when absent. */
  readonly contentType?: string;
}

export type LoadOrder =
  | ({ readonly do: 'closed'; readonly concurrency: number; readonly seconds: number; readonly count?: number } & Load)
  | ({ readonly do: 'open'; readonly perSecond: number; readonly seconds: number } & Load);

export interface LoadReport {
  readonly seconds: number;
  /** Finished within `seconds`. */
  readonly ok: number;
  /** Of answers, milliseconds at the client. */
  readonly okMs: readonly number[];
  /** Of refusals (429, 503). */
  readonly refusedMs: readonly number[];
  /** Neither: other statuses, broken connections. */
  readonly strange: Readonly<Record<string, number>>;
  /** What Server-Timing said, one for each answer. */
  readonly timings: readonly Readonly<Record<string, number>>[];
  readonly answerBytes: number;
  readonly cpuSeconds: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 4096 });
const bodies = new Map<string, Promise<Buffer>>();

answerOrders<LoadOrder>(async (order) => {
  const images = await Promise.all(order.pictures.map(bodyOf));
  const tally = new Tally();
  let asked = 0;
  const ask = async () => {
    const image = images[asked % images.length]!;
    asked += 1;
    tally.add(await send(agent, order.url, image, order.contentType));
  };
  if (order.do === 'closed') await closedLoop(order, () => asked, ask);
  else await openLoop(order, ask);
  return tally.report();
});

/** Everyone asks again as soon as the answer has come; `count` ends it before `seconds` do. */
async function closedLoop(
  { concurrency, seconds, count = Number.POSITIVE_INFINITY }: Extract<LoadOrder, { do: 'closed' }>,
  asked: () => number,
  ask: () => Promise<void>,
): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const caller = async () => {
    while (performance.now() < until && asked() < count) await ask();
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}

/** So many a second whatever comes back. What is under way at the end is not waited for longer than a moment. */
async function openLoop(
  { perSecond, seconds }: Extract<LoadOrder, { do: 'open' }>,
  ask: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const underWay = new Set<Promise<void>>();
  for (let sent = 0; ; ) {
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed >= seconds) break;
    for (; sent < elapsed * perSecond; sent++) {
      const one = ask().finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.race([Promise.all(underWay), new Promise((resolve) => setTimeout(resolve, 15_000))]);
}

class Tally {
  readonly #started = performance.now();
  readonly #before = process.cpuUsage();
  readonly #replies: (Reply & { readonly at: number })[] = [];

  add(reply: Reply): void {
    this.#replies.push({ ...reply, at: performance.now() });
  }

  report(): LoadReport {
    const { user, system } = process.cpuUsage(this.#before);
    const ok = this.#replies.filter(({ status }) => status === 200);
    const refused = this.#replies.filter(({ status }) => status === 429 || status === 503);
    const strange: Record<string, number> = {};
    for (const { status } of this.#replies) {
      if (status !== 200 && status !== 429 && status !== 503) strange[status] = (strange[status] ?? 0) + 1;
    }
    return {
      seconds: (performance.now() - this.#started) / 1000,
      ok: ok.length,
      okMs: ok.map(({ ms }) => ms),
      refusedMs: refused.map(({ ms }) => ms),
      strange,
      timings: ok.map(({ timings }) => timings),
      answerBytes: ok.at(-1)?.bytes ?? 0,
      cpuSeconds: (user + system) / 1e6,
    };
  }
}

function bodyOf(file: string): Promise<Buffer> {
  const known = bodies.get(file) ?? readFile(file);
  bodies.set(file, known);
  return known;
}
