/** JSON of an answer, cut where it is long: "…" stands for what was left out. */
export function jsonExcerpt(answer: Buffer, { items = 2, letters = 48 } = {}): string {
  const cut = (value: unknown): unknown => {
    if (typeof value === 'string') return value.length > letters ? `${value.slice(0, letters)}…` : value;
    if (Array.isArray(value)) {
      const isWhole = value.length <= items || (value.length <= 4 && value.every((one) => typeof one === 'number'));
      return isWhole ? value.map(cut) : [...value.slice(0, items).map(cut), '…'];
    }
    if (typeof value !== 'object' || value === null) return typeof value === 'number' ? rounded(value) : value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, cut(part)]));
  };
  return shown(cut(JSON.parse(answer.toString())));
}

/** What is short stands in one line. */
function shown(value: unknown, indent = ''): string {
  const flat = oneLine(value);
  if (flat.length + indent.length <= 116 || typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + shown(item, inner)).join(',\n')}\n${indent}]`;
  const lines = Object.entries(value).map(([key, part]) => `${inner}"${key}": ${shown(part, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function oneLine(value: unknown): string {
  if (value === '…') return '…';
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, part]) => `"${key}": ${oneLine(part)}`);
  return `{ ${parts.join(', ')} }`;
}

/** Machines differ in the last digits of a score. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** The first `count` lines, each cut to `letters`. */
export function textExcerpt(answer: Buffer, { count = 2, letters = 110 } = {}): string {
  const lines = answer.toString().trimEnd().split('\n');
  const head = lines.slice(0, count).map((line) => (line.length > letters ? `${line.slice(0, letters)} …` : line));
  return [...head, ...(lines.length > count ? ['…'] : [])].join('\n');
}
