import { createHash } from 'node:crypto';
import { pythonBase64 } from './pythonBase64.ts';
import { readForm } from './readForm.ts';

/** A picture of a request in the form of release 1.8. */
export interface OldPicture {
  /** As it is called in the reply. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The form names a picture whose data URI is of another type than JPEG or PNG. */
export const unrecognized = 'unrecognized';

const extensions: readonly string[] = ['jpeg', 'jpg', 'png'];

/** The pictures of the form field or files `image`: fields win over files. Throws Fault or PythonError. */
export async function parseOldImage(
  body: Uint8Array,
  contentType: string,
  signal?: AbortSignal,
): Promise<OldPicture[] | typeof unrecognized> {
  const { fields, files } = await readForm(body, contentType, signal);
  const uris = fields.filter(([name]) => name === 'image').map(([, value]) => value);
  if (uris.length === 0) {
    const pictures = files.filter(({ name }) => name === 'image');
    return pictures.map(({ fileName = '', bytes }) => ({ name: fileName.split(/[/\\]/).at(-1) ?? '', bytes }));
  }
  const pictures: OldPicture[] = [];
  for (const uri of uris) {
    // "data:image/png;base64,…": what stands between the last "/" before the first ";" and that ";".
    const extension = uri.slice(0, 256).split(';', 1)[0]?.split('/').at(-1) ?? '';
    if (!extensions.includes(extension)) return unrecognized;
    const bytes = await pythonBase64(Buffer.from(uri.slice(uri.lastIndexOf(',') + 1), 'latin1'));
    pictures.push({ name: `${createHash('md5').update(bytes).digest('hex')}.${extension}`, bytes });
  }
  return pictures;
}
