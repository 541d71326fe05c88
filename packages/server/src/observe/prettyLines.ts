import type { DestinationStream } from 'pino';

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string; readonly message?: string };
  readonly [field: string]: unknown;
}

/** JSON lines as a person at a terminal reads them: time, level, message, fields; a stack below. */
export function prettyLines(sink: DestinationStream): DestinationStream {
  return { write: (line) => sink.write(pretty(line)) };
}

function pretty(text: string): string {
  const { level, time, msg, err, event: _, ...fields } = JSON.parse(text) as Line;
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${shownValue(value)}`);
  const stack = err === undefined ? '' : `\n${err.stack ?? err.message ?? ''}`;
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${[msg ?? '', ...shown].join(' ')}${stack}\n`;
}

function shownValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => `${name}:${String(part)}`)
      .join(',');
  }
  const text = String(value);
  // What callers wrote must not look like lines of ours.
  return /[\s"\p{C}]/u.test(text) ? JSON.stringify(text) : text;
}
