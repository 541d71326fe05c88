import { UsageError } from '../usageError.ts';
import { portOf } from './portOf.ts';

/** The options of `segserve serving start`, as commander gives them. */
export interface StartOptions {
  readonly modules?: readonly string[];
  readonly port: string;
  readonly config?: string;
  readonly modules_info?: string;
  readonly use_gpu?: boolean;
  readonly gpu?: string;
  readonly use_multiprocess?: boolean;
  readonly workers?: string;
  readonly host: string;
  readonly map?: readonly string[];
  readonly models?: readonly string[];
}

/** What the options say, in the form of PaddleHub's config.json: one reader then serves both. */
export function hubConfigOf(options: StartOptions): Record<string, unknown> {
  const { modules = [], modules_info: info, use_gpu: useGpu } = options;
  const named = modules.map((module): [string, unknown] => {
    const [name = '', version] = module.split('==');
    return [name, version === undefined ? {} : { init_args: { version } }];
  });
  const modulesInfo = { ...Object.fromEntries(named), ...(info === undefined ? {} : objectOf(info)) };
  if (Object.keys(modulesInfo).length === 0) {
    throw new UsageError('Lack of necessary parameters! Name modules with -m, or a file with -c.');
  }
  return {
    modules_info: modulesInfo,
    port: portOf(options.port),
    use_gpu: useGpu === true,
    ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
    ...(options.use_multiprocess === undefined ? {} : { use_multiprocess: true }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  };
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError('--modules_info: expected a JSON object of modules.');
}
