import { type FormFile, type FormRules, readFormParts } from '../wire/formParts.ts';
import { FormProblem } from '../wire/formProblem.ts';

export type { FormFile } from '../wire/formParts.ts';

/** A file is a part whose head names one. Other fields are read over, of whatever length. */
const rules: FormRules = {
  fieldsMax: 128,
  filesMax: 64,
  partsMax: 128,
  fieldBytesMax: 64 * 1024,
  longFields: 'cut',
  isFile: (_, fileName) => fileName !== undefined,
};

/**
 * The files of a multipart/form-data body that lies in memory. A form that breaks off or has no boundary holds no file
 * at all: the servers that this wire descends from skip what they cannot read and then count the files.
 */
export async function readFormFiles(
  body: Buffer,
  contentType: string,
  signal: AbortSignal | undefined,
): Promise<readonly FormFile[]> {
  try {
    const parts = await readFormParts(body, contentType, { ...rules, ...(signal ? { signal } : {}) });
    return parts.filter((part) => part.kind === 'file');
  } catch (error) {
    if (error instanceof FormProblem) return [];
    throw error;
  }
}
