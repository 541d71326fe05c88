import { Unsupported } from './unsupported.ts';

type Setting = string | boolean | number | readonly string[];

/** Triton's trace settings, as they stand where nothing is traced. */
export const traceSettings: Readonly<Record<string, Setting>> = {
  trace_level: ['OFF'],
  trace_rate: '1000',
  trace_count: '-1',
  log_frequency: '0',
  trace_file: '',
  trace_mode: 'triton',
};

/** Triton's log settings. What is really logged is the business of segserve's own configuration. */
export const logSettings: Readonly<Record<string, Setting>> = {
  log_file: '',
  log_info: true,
  log_warning: true,
  log_error: true,
  log_verbose_level: 0,
  log_format: 'default',
};

/** Settings that say what is so already, or that are cleared (null), may be sent; no other can be followed. */
export function refuseChanges(what: 'trace' | 'log', changes: Readonly<Record<string, unknown>>): void {
  const current = what === 'trace' ? traceSettings : logSettings;
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) continue;
    if (Object.hasOwn(current, name) && JSON.stringify(value) === JSON.stringify(current[name])) continue;
    const where =
      what === 'trace' ? 'This server writes no traces' : "Logging is set in this server's own configuration";
    throw new Unsupported(`${where}; the ${what} setting "${name.slice(0, 60)}" cannot be changed over this protocol.`);
  }
}
