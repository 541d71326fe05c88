import type { Output } from '../context.ts';

/** Tells a person how a run of several pictures goes. */
export interface Progress {
  /** One more picture is finished; `line` says what became of it. */
  done(line: string): Promise<void>;
  failed(line: string): Promise<void>;
  end(summary: string): Promise<void>;
}

/** A bar on a terminal, a line for each picture elsewhere; failures are lines in both. */
export function openProgress(output: Output, total: number, now: () => number): Progress {
  return output.isTTY && total > 1 ? new Bar(output, total, now) : new Lines(output, total);
}

class Lines implements Progress {
  readonly #output: Output;
  readonly #total: number;

  constructor(output: Output, total: number) {
    this.#output = output;
    this.#total = total;
  }

  done(line: string): Promise<void> {
    return this.#output.write(`${line}\n`);
  }

  failed(line: string): Promise<void> {
    return this.#output.write(`segserve: ${line}\n`);
  }

  async end(summary: string): Promise<void> {
    if (this.#total > 1) await this.#output.write(`${summary}\n`);
  }
}

const clearLine = '\r\x1b[2K';
const redrawMs = 80;

class Bar implements Progress {
  readonly #output: Output;
  readonly #total: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #finished = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(output: Output, total: number, now: () => number) {
    this.#output = output;
    this.#total = total;
    this.#now = now;
    this.#startedAt = now();
  }

  async done(): Promise<void> {
    this.#finished++;
    if (this.#now() - this.#drawnAt >= redrawMs || this.#finished === this.#total) await this.#draw('');
  }

  async failed(line: string): Promise<void> {
    this.#finished++;
    await this.#draw(`segserve: ${line}\n`);
  }

  async end(summary: string): Promise<void> {
    await this.#output.write(`${clearLine}${summary}\n`);
  }

  async #draw(above: string): Promise<void> {
    this.#drawnAt = this.#now();
    const seconds = (this.#drawnAt - this.#startedAt) / 1000;
    const line = barLine(this.#finished, this.#total, seconds, this.#output.columns);
    await this.#output.write(`${clearLine}${above}${line}`);
  }
}

/** "[████████░░░░] 12/40  3.1/s  9 s left", never wider than the terminal. */
export function barLine(finished: number, total: number, seconds: number, columns: number): string {
  const rate = seconds > 0 ? finished / seconds : 0;
  const left = rate > 0 ? `  ${duration((total - finished) / rate)} left` : '';
  const text = ` ${finished}/${total}${rate > 0 ? `  ${rate.toFixed(rate < 10 ? 1 : 0)}/s` : ''}${left}`;
  const width = Math.max(0, Math.min(40, columns - text.length - 3));
  const filled = Math.round((width * finished) / total);
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}]${text}`.slice(0, Math.max(1, columns - 1));
}

/** "9 s", "2 min 5 s", "1 h 12 min" */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
