import { readBackgroundColor } from './backgroundColor.ts';
import { Invalid, type Issue } from './invalid.ts';
import type { ModelNames } from './modelNames.ts';
import { type Given, type Read, readFlag, readText, readWhole, wrong } from './optionValues.ts';
import { type Extras, readExtras } from './readExtras.ts';

/** What a request asks for, besides its picture. */
export interface RemoveOptions {
  /** Of segserve. */
  readonly model: string;
  /** `a`, `vm`: the edges follow the photo. */
  readonly matting: 'none' | 'alpha' | 'vitmatte';
  readonly onlyMask: boolean;
  readonly postProcessMask: boolean;
  readonly decontaminate: boolean;
  /** `#rrggbbaa` */
  readonly background: string | undefined;
  readonly extras: Extras;
}

/** A value by the name of its parameter; undefined: its default holds. */
export type GivenOf = (name: string) => Given | undefined;

/** Throws Invalid with everything that is wrong, `others` included, in the order in which rembg declares it. */
export function readOptions(given: GivenOf, names: ModelNames, others: readonly Issue[]): RemoveOptions {
  const issues: Issue[] = [];
  const read = <Value>(name: string, how: (name: string, given: Given) => Read<Value>, usual: Value): Value => {
    const found = given(name);
    if (found === undefined) return usual;
    const outcome = how(name, found);
    if ('value' in outcome) return outcome.value;
    issues.push(outcome.issue);
    return usual;
  };
  const whole = (most: number) => (name: string, found: Given) => readWhole(name, found, most);
  const usualModel = names.refs.get(names.usual) ?? '';
  const model = read('model', (name, found) => readModel(name, found, names), usualModel);
  const matted = read('a', readFlag, false);
  // Within their ranges they change nothing: edges are found without a trimap.
  read('af', whole(255), 240);
  read('ab', whole(255), 10);
  read('ae', whole(Number.POSITIVE_INFINITY), 10);
  const onlyMask = read('om', readFlag, false);
  const postProcessMask = read('ppm', readFlag, false);
  const decontaminate = read('dc', readFlag, false);
  const vitmatte = read('vm', readFlag, false);
  const background = read('bgc', readBackgroundColor, undefined);
  const extras = read<string | undefined>('extras', readText, undefined);
  issues.push(...others);
  if (issues.length > 0) throw new Invalid(issues);
  return {
    model,
    matting: vitmatte ? 'vitmatte' : matted ? 'alpha' : 'none',
    onlyMask,
    postProcessMask,
    decontaminate,
    background,
    extras: readExtras(extras),
  };
}

/** rembg looks for the name anywhere in the text, and crashes where there is more than the name. */
function readModel(name: string, given: Given, { refs, pattern }: ModelNames): Read<string> {
  const text = readText(name, given);
  if ('issue' in text) return text;
  const ref = refs.get(text.value);
  if (ref !== undefined) return { value: ref };
  const msg = `String should match pattern '${pattern}'`;
  return wrong(name, given, { type: 'string_pattern_mismatch', msg, ctx: { pattern } });
}
