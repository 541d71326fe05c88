import type { Row } from './row.ts';

/** Rows as a Markdown table whose columns also line up in a terminal. */
export function table(rows: readonly Row[]): string {
  const head = ['', 'measured', '', 'target', '', 'note'];
  const cells = rows.map(({ name, value, unit, target = '', met, note }) => [
    name,
    value,
    unit,
    target,
    met === undefined ? '' : met ? 'met' : '**missed**',
    note.replaceAll('|', '/'),
  ]);
  const widths = head.map((title, column) => Math.max(3, title.length, ...cells.map((line) => line[column]!.length)));
  // The note is last and free: padding it would only make long lines longer.
  const line = (texts: readonly string[]) =>
    `| ${texts
      .map((text, column) =>
        column === 1 ? text.padStart(widths[1]!) : column === 5 ? text : text.padEnd(widths[column]!),
      )
      .join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 1 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(head), line([...rule.slice(0, 5), '---']), ...cells.map(line)].join('\n');
}
