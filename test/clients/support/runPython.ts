import { spawn } from 'node:child_process';
import path from 'node:path';

/** The Python environment that `npm run test:clients` has set up; undefined when a test is run by itself. */
export const clientsVenv = process.env.SEGSERVE_CLIENTS_VENV;

/** Why a test of a Python client is skipped; false when it need not be. */
export const skipWithoutPython: string | false =
  clientsVenv === undefined ? 'needs the Python environment that "npm run test:clients" sets up' : false;

/** Runs a client's script and gives what it printed; rejects with all of it when it ends with an error. */
export function runPython(script: string, args: readonly string[], withinMs = 120_000): Promise<string> {
  const python = path.join(clientsVenv ?? '', 'bin/python');
  return new Promise((resolve, reject) => {
    const child = spawn(python, [script, ...args], { cwd: path.dirname(script), stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(`${path.basename(script)} ended with ${code ?? signal}:\n${output}`));
    });
  });
}
