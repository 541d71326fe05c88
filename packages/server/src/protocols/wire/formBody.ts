import { Fault } from '../../domain/fault.ts';
import { type FormPart, type FormRules, readFormParts } from './formParts.ts';
import { FormProblem, type FormProblemKind } from './formProblem.ts';

export interface FormBody {
  /** Text fields; a name that occurs more than once has all its values. */
  readonly fields: Readonly<Record<string, string | string[]>>;
  /** The files by their field, in their order; fields without any are absent. */
  readonly files: Readonly<Partial<Record<string, readonly Uint8Array[]>>>;
}

const fieldBytesMax = 64 * 1024;
const fieldsMax = 64;

export interface FormFiles {
  /** Fields that are files however they are labelled; no other may be one. The first is that of the picture. */
  readonly fields: readonly [string, ...string[]];
  readonly filesMax: number;
  readonly signal?: AbortSignal;
}

/** Reads multipart/form-data that lies in memory. Rejects with Fault. */
export async function readFormBody(
  body: Uint8Array,
  contentType: string,
  { fields, filesMax, signal }: FormFiles,
): Promise<FormBody> {
  const rules: FormRules = { fieldsMax, filesMax, partsMax: fieldsMax + filesMax, fieldBytesMax };
  const isFile: FormRules['isFile'] = (name, fileName, type) =>
    fields.includes(name) || type === 'application/octet-stream' || fileName !== undefined;
  const parts = await readFormParts(body, contentType, { ...rules, isFile, ...(signal ? { signal } : {}) }).catch(
    (error: unknown) => {
      throw error instanceof FormProblem ? formFault(error) : error;
    },
  );
  return { fields: fieldsOf(parts), files: filesOf(parts, fields) };
}

function fieldsOf(parts: readonly FormPart[]): FormBody['fields'] {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const part of parts) {
    if (part.kind !== 'field') continue;
    const before = fields[part.name];
    fields[part.name] = before === undefined ? part.value : [before, part.value].flat();
  }
  return fields;
}

function filesOf(parts: readonly FormPart[], fields: FormFiles['fields']): FormBody['files'] {
  const files: Record<string, Uint8Array[]> = Object.create(null);
  for (const part of parts) {
    if (part.kind !== 'file') continue;
    if (!fields.includes(part.name)) {
      const message = `The form has a file in the field "${part.name}"; the picture belongs in "${fields[0]}".`;
      throw new Fault('invalid_request', message);
    }
    files[part.name] = [...(files[part.name] ?? []), part.bytes];
  }
  return files;
}

/** In the words of segserve; for wires that have none of their own. */
export function formFault(problem: FormProblem): Fault {
  return new Fault('invalid_request', sentences[problem.kind](problem), { cause: problem });
}

const sentences: Readonly<Record<FormProblemKind, (problem: FormProblem) => string>> = {
  contentType: () => 'The Content-Type multipart/form-data has no boundary; let the HTTP library write this header.',
  broken: ({ cause }) => `The form cannot be read: ${cause instanceof Error ? cause.message : 'it breaks off'}.`,
  fieldCount: ({ most }) => `The form has more than ${most} fields.`,
  fileCount: ({ most }) => `The form has more than ${most} files.`,
  partCount: ({ most }) => `The form has more than ${most} parts.`,
  fieldBytes: ({ field, most }) => `The field "${field}" is longer than ${most} bytes.`,
  fileBytes: ({ field, most }) => `The file in "${field}" is longer than ${most} bytes.`,
  nameBytes: ({ field, most }) => `The form has a field whose name is longer than ${most} bytes ("${field}…").`,
};
