import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * When a process began, in the machine's own words: ids are given out again, so this tells whether the process of an id
 * is still the one that was meant. Undefined when there is none, or when it has ended and only waits to be noticed.
 */
export async function processStamp(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? linuxStamp(pid) : psStamp(pid);
}

/** Ticks since the machine started, and which start that was: proc_pid_stat(5), field 22. */
async function linuxStamp(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the command's name in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()} ${fields[19]}`;
}

async function psStamp(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
