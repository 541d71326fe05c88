const factors: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** "512", "64MiB", "1.5 GiB", "2GB"; KiB, MiB … are powers of 1024, kB, MB … powers of 1000, as IEC 80000-13 has it. */
export const byteSizePattern = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$/;

/** Whole bytes, or undefined when the text is no size. */
export function parseByteSize(text: string): number | undefined {
  const [, count, unit = ''] = byteSizePattern.exec(text.trim()) ?? [];
  const factor = factors[unit];
  if (count === undefined || factor === undefined) return undefined;
  const size = Math.floor(Number(count) * factor);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** "32 MiB", "1.5 GiB", "300 bytes": for people, rounded to one digit after the point. */
export function formatBytes(count: number): string {
  const units = ['TiB', 'GiB', 'MiB', 'KiB'];
  for (const unit of units) {
    const factor = factors[unit] ?? 1;
    if (count >= factor) return `${Number((count / factor).toFixed(1))} ${unit}`;
  }
  return `${count} bytes`;
}
