import { Fault } from '../../domain/fault.ts';
import { type FormFile, type FormRules, readFormParts } from '../wire/formParts.ts';
import { FormProblem, type FormProblemKind } from '../wire/formProblem.ts';

/** A form of any shape: fields and files that occur more than once, in their order. */
export interface Form {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly files: readonly FormFile[];
}

/** A field may be a picture in base64: its only bound is the body's. */
const rules: FormRules = { fieldsMax: 1024, filesMax: 1024, partsMax: 1024 };

/** Reads multipart/form-data or application/x-www-form-urlencoded that lies in memory. Throws Fault `invalid_request`, `cancelled`. */
export async function readForm(body: Uint8Array, contentType: string, signal?: AbortSignal): Promise<Form> {
  try {
    const parts = await readFormParts(body, contentType, { ...rules, ...(signal ? { signal } : {}) });
    return {
      fields: parts.filter((part) => part.kind === 'field').map(({ name, value }) => [name, value]),
      files: parts.filter((part) => part.kind === 'file'),
    };
  } catch (error) {
    if (!(error instanceof FormProblem)) throw error;
    throw new Fault('invalid_request', words[error.kind](error), { cause: error });
  }
}

const broken = () => 'The body is not the form that its Content-Type says.';

const words: Readonly<Record<FormProblemKind, (problem: FormProblem) => string>> = {
  contentType: () => 'The Content-Type is not that of a form.',
  broken,
  fieldCount: ({ most }) => `The form has more than ${most} fields.`,
  fileCount: ({ most }) => `The form has more than ${most} files.`,
  partCount: ({ most }) => `The form has more than ${most} parts.`,
  fieldBytes: broken,
  fileBytes: broken,
  nameBytes: ({ most }) => `The form has a field whose name is longer than ${most} bytes.`,
};
