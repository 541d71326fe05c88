/** PyTorch's defaults (torch/_tensor_str.py): columns of text, and how long a tensor may be before its middle is left out. */
const lineWidth = 80;
const wholeMax = 1000;
const edgeItems = 3;
const head = 'tensor(';

/**
 * Whole numbers of one row as PyTorch prints a tensor: `tensor([0, 0, 15])`, aligned and broken at 80 columns, and with
 * `...` in the middle of more than a thousand.
 */
export function rowText(row: readonly number[]): string {
  const isLong = row.length > wholeMax;
  const shown = isLong ? [...row.slice(0, edgeItems), ...row.slice(-edgeItems)] : row;
  const digits = Math.max(1, ...shown.map((value) => String(value).length));
  const words = shown.map((value) => String(value).padStart(digits));
  if (isLong) words.splice(edgeItems, 0, ' ...');
  const perLine = Math.max(1, Math.floor((lineWidth - head.length) / (digits + 2)));
  const lines = Array.from({ length: Math.ceil(words.length / perLine) }, (_, line) =>
    words.slice(line * perLine, (line + 1) * perLine).join(', '),
  );
  return `${head}[${lines.join(`,\n${' '.repeat(head.length + 1)}`)}])`;
}
