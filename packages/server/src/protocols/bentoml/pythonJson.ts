/** How `json.dumps` writes: `", "` and `": "` between, and non-ASCII as escapes (0.9) or as it is (0.13). */
export interface JsonStyle {
  readonly ascii: boolean;
}

/** A plain value in Python's default style. */
export function pythonJson(value: unknown, style: JsonStyle): string {
  return restyleJson(JSON.stringify(value), style);
}

/**
 * Valid JSON text in Python's default style. Numbers stay as they are written, so that none loses digits; strings are
 * escaped anew. Works on the text, since a parsed number no longer tells 1.0 from 1.
 */
export function restyleJson(text: string, style: JsonStyle): string {
  let out = '';
  for (const token of restyledTokens(text, style)) out += token;
  return out;
}

/** The same in small pieces, for whoever must not take long at once. */
export function* restyledTokens(text: string, { ascii }: JsonStyle): Generator<string> {
  for (const [token] of text.matchAll(tokens)) {
    if (token === ',') yield ', ';
    else if (token === ':') yield ': ';
    else if (token.startsWith('"')) yield pythonString(JSON.parse(token) as string, ascii);
    else yield token;
  }
}

/** Strings, the two separators, and runs of whatever else is not white space. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[,:]|[^\s",:]+/g;

function pythonString(value: string, ascii: boolean): string {
  // JSON.stringify writes \b \f \n \r \t, other controls as \u00xx and lone surrogates as \udxxx, as Python does.
  const text = JSON.stringify(value);
  return ascii ? text.replace(/[\u007f-\uffff]/g, escaped) : text;
}

/** UTF-16 units one by one: Python writes a surrogate pair for what is beyond the basic plane. DEL it leaves. */
function escaped(unit: string): string {
  return unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
