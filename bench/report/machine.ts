import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { formatBytes } from '../../packages/server/src/config/byteSize.ts';
import { availableCores } from '../../packages/server/src/engine/cores.ts';

/** What the numbers were measured on, a line each. */
export function machine(): string[] {
  const { cores, why } = availableCores();
  const [cpu] = os.cpus();
  return [
    `- CPU: ${cpu?.model.trim() ?? 'unknown'}${family()}, ${cores} cores (${why})`,
    `- Memory: ${formatBytes(os.totalmem())}`,
    `- Kernel: ${os.type()} ${os.release()} ${os.arch()}`,
    `- Node ${process.versions.node}, onnxruntime-node ${version('onnxruntime-node')}, sharp ${version('sharp')}`,
    `- Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  ];
}

/** Virtual machines often hide the model's name; family and model still tell the generation. */
function family(): string {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    const fact = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '?';
    const hidden = /\bhypervisor\b/.test(text) ? ', virtual' : '';
    return ` (family ${fact('cpu family')}, model ${fact('model')}${hidden})`;
  } catch {
    return '';
  }
}

function version(name: string): string {
  const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));
  return (JSON.parse(readFileSync(packageFile(require, name), 'utf8')) as { version: string }).version;
}

function packageFile(require: NodeJS.Require, name: string): string {
  const folder = require.resolve.paths(name)?.find((at) => exists(`${at}/${name}/package.json`));
  return `${folder}/${name}/package.json`;
}

function exists(file: string): boolean {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}
