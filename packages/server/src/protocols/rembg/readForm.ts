import { Fault } from '../../domain/fault.ts';
import { type FormRules, readFormParts } from '../wire/formParts.ts';
import { FormProblem, type FormProblemKind } from '../wire/formProblem.ts';
import { essenceOf } from '../wire/negotiate.ts';

/** A form as Starlette gives it to rembg: of fields that occur more than once, the last. */
export interface RemoveForm {
  readonly values: ReadonlyMap<string, string | { readonly filename: string }>;
  /** The part `file`, with or without a file's name. */
  readonly file: Buffer | undefined;
}

const formTypes = ['multipart/form-data', 'application/x-www-form-urlencoded'];
const rules: FormRules = {
  fieldsMax: 1000,
  filesMax: 1000,
  partsMax: 2000,
  fieldBytesMax: 64 * 1024,
  isFile: (name, fileName) => name === 'file' || fileName !== undefined,
};

/** A body that is no form holds nothing. Throws Fault: `invalid_request` in the words of Starlette, `cancelled`. */
export async function readForm(
  body: Buffer | undefined,
  contentType: string | undefined,
  signal?: AbortSignal,
): Promise<RemoveForm> {
  const values = new Map<string, string | { readonly filename: string }>();
  let file: Buffer | undefined;
  if (body === undefined || !formTypes.includes(essenceOf(contentType))) return { values, file };
  for (const part of await partsOf(body, contentType ?? '', signal)) {
    if (part.kind === 'file' && part.name === 'file') {
      const isNothing = part.fileName === undefined && part.bytes.length === 0;
      file = isNothing ? undefined : part.bytes;
    } else if (part.kind === 'file') values.set(part.name, { filename: part.fileName ?? '' });
    else if (part.name === 'file') file = part.value === '' ? undefined : Buffer.from(part.value);
    else values.set(part.name, part.value);
  }
  return { values, file };
}

async function partsOf(body: Buffer, contentType: string, signal: AbortSignal | undefined) {
  try {
    return await readFormParts(body, contentType, { ...rules, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (!(error instanceof FormProblem)) throw error;
    throw new Fault('invalid_request', words[error.kind](error), { cause: error });
  }
}

const broken = () => 'There was an error parsing the body';

const words: Readonly<Record<FormProblemKind, (problem: FormProblem) => string>> = {
  contentType: () => 'Missing boundary in multipart.',
  broken,
  fieldCount: ({ most }) => `Too many fields. Maximum number of fields is ${most}.`,
  fileCount: ({ most }) => `Too many files. Maximum number of files is ${most}.`,
  partCount: broken,
  fieldBytes: ({ most }) => `Part exceeded maximum size of ${most / 1024}KB.`,
  fileBytes: broken,
  nameBytes: broken,
};
