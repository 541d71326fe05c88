/** A text as Python's `repr` writes it: in single quotes, unless it holds some and no double ones. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\'"\n\r\t\p{Cc}]/gu, (char) =>
    char === '"' && quote === "'" ? char : escaped(char, quote),
  );
  return quote + inside + quote;
}

const letters: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function escaped(char: string, quote: string): string {
  if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
  return letters[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
