import { type Given, type Read, readText, wrong } from './optionValues.ts';

const wholeNumber = /^\s*[+-]?\d+(_\d+)*\s*$/;

/**
 * `bgc`: `255,0,0,128` as `#ff000080`; undefined for an empty text, which asks for no colour. Opacity is 255 when left out,
 * and numbers beyond a byte are its nearest end, both as Pillow has it. Other texts crash rembg.
 */
export function readBackgroundColor(name: string, given: Given): Read<string | undefined> {
  const text = readText(name, given);
  if ('issue' in text) return text;
  if (text.value === '') return { value: undefined };
  const parts = text.value.split(',');
  if ((parts.length === 3 || parts.length === 4) && parts.every((part) => wholeNumber.test(part))) {
    const [red, green, blue, opacity = 'ff'] = parts.map(hexByte);
    return { value: `#${red}${green}${blue}${opacity}` };
  }
  const msg = 'Value error, expected red, green, blue and opacity as whole numbers from 0 to 255: "255,0,0,128"';
  return wrong(name, given, { type: 'value_error', msg, ctx: { error: {} } });
}

function hexByte(part: string): string {
  const value = Math.min(255, Math.max(0, Number(part.replaceAll('_', ''))));
  return value.toString(16).padStart(2, '0');
}
