import { readFileSync } from 'node:fs';

/** Linux counts processor time in these, whatever the kernel's own tick is. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** Processor time of one process, all threads, in seconds. 0 when it has ended. */
export function cpuSecondsOf(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  // The name in brackets may hold blanks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

export function rssBytesOf(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageBytes;
}

/** The most resident memory that the process ever had. 0 when it has ended. */
export function peakRssBytesOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Processor time that all programs of the machine have used, in seconds. */
export function machineBusySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = read('/proc/stat')
    .split('\n', 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) / ticksPerSecond;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended, or this is not Linux.
  }
}
