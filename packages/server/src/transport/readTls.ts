import { readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';

/** The PEM files of a listener. Throws Fault `config_invalid` that names the setting. */
export function readTls(files: { readonly cert: string; readonly key: string }): { cert: Buffer; key: Buffer } {
  const read = (setting: string, path: string) => {
    try {
      return readFileSync(path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new Fault('config_invalid', `listen.tls.${setting}: ${path} cannot be read (${code}).`, { cause });
    }
  };
  return { cert: read('cert', files.cert), key: read('key', files.key) };
}
