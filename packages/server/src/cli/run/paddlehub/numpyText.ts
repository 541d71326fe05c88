/** Columns of a line, of which a bracket or a comma takes one. */
const lineChars = 75;
/** More elements than this are not all shown … */
const shownMax = 1000;
/** … but so many from each end of a side. */
const edge = 3;
const prefix = 'array(';

/**
 * A picture of one 8-bit channel as Python prints it, which is what `hub run` shows of its results: NumPy's default print
 * options (https://numpy.org/doc/stable/reference/generated/numpy.set_printoptions.html).
 */
export function numpyText(data: Uint8Array, width: number, height: number): string {
  const summed = data.length > shownMax;
  const columns = shownIndices(width, summed);
  const rows = shownIndices(height, summed);
  const digits = Math.max(...rows.flatMap((y) => (y < 0 ? [] : columns.map((x) => digitsOf(data, y * width, x)))));
  const indent = ' '.repeat(prefix.length + 1);
  const lines = rows.map((y) => (y < 0 ? '...' : rowText(data.subarray(y * width, (y + 1) * width), columns, digits)));
  const body = `${prefix}[${lines.join(`,\n${indent}`)}]`;
  const last = body.length - body.lastIndexOf('\n') - 1;
  const type = 'dtype=uint8)';
  return `${body},${last + type.length + 1 > lineChars ? `\n${' '.repeat(prefix.length)}` : ' '}${type}`;
}

/** −1 stands for those that are left out. */
function shownIndices(count: number, summed: boolean): number[] {
  const all = Array.from({ length: Math.min(count, shownMax) }, (_, index) => index);
  if (!summed || count <= 2 * edge) return all;
  return [...all.slice(0, edge), -1, ...Array.from({ length: edge }, (_, index) => count - edge + index)];
}

function digitsOf(data: Uint8Array, row: number, column: number): number {
  return column < 0 ? 0 : String(data[row + column]).length;
}

function rowText(row: Uint8Array, columns: readonly number[], digits: number): string {
  const indent = ' '.repeat(prefix.length + 2);
  // The closing bracket of the array, that of each list, and the comma or bracket after the last word.
  const most = lineChars - 1 - 1 - 1;
  let text = '';
  let line = indent;
  for (const [index, column] of columns.entries()) {
    const word = column < 0 ? '...' : String(row[column]).padStart(digits);
    if (line.length + word.length > most && line.length > indent.length) {
      text += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += index === columns.length - 1 ? word : `${word}, `;
  }
  return `[${(text + line).slice(indent.length)}]`;
}
