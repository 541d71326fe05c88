import { randomBytes } from 'node:crypto';
import type { AnswerKind } from '@segserve/contract';
import type { Engine } from '../../domain/engineDoor.ts';
import { checkBundle } from './checkBundle.ts';
import type {
  BentoApiSettings,
  BentoCorsSettings,
  BentomlSettings,
  BentoVersion,
  InputAdapter,
  Payload,
} from './settings.ts';

/** An API with nothing left to look up. */
export interface BentoApi {
  readonly name: string;
  /** Begins with a slash. */
  readonly path: string;
  readonly input: InputAdapter;
  readonly inputNames: readonly string[];
  readonly acceptImageFormats: readonly string[];
  /** A segserve reference. */
  readonly model: string;
  readonly payload: Payload;
  readonly answer: AnswerKind;
  readonly threshold: number;
  readonly batch: boolean;
  readonly mbMaxBatchSize: number;
  readonly mbMaxLatencyMs: number;
  readonly cors: string | undefined;
  readonly picturesFolder: string | undefined;
  readonly docs: string;
}

/** A saved service as this wire serves it. */
export interface Bundle {
  readonly version: BentoVersion;
  readonly service: string;
  readonly serviceVersion: string;
  readonly description: string;
  readonly apis: readonly BentoApi[];
  readonly microbatch: boolean;
  readonly timeoutMs: number;
  readonly requestBytesMax: number;
  readonly enableMetrics: boolean;
  readonly enableFeedback: boolean;
  readonly enableSwagger: boolean;
  readonly cors: BentoCorsSettings | undefined;
}

/** `apiserver.default_image_input_accept_file_extensions` */
const imageFormats = ['.jpg', '.png', '.jpeg', '.tiff', '.webp', '.bmp'];
/** The artifact of the bundles that this wire descends from, and the model that needs no configuration. */
const defaultModels: Readonly<Record<string, string>> = { net: 'portrait' };

/** Fills in every default. Throws Fault `config_invalid` when the settings contradict themselves. */
export function bundleOf(settings: BentomlSettings, engine: Pick<Engine, 'model'>): Bundle {
  const version = settings.version ?? '0.9';
  const apis = (settings.apis ?? [{ name: 'predict' }]).map((api) => apiOf(api, settings, engine));
  const service = settings.service ?? (apis[0]?.payload === 'label' ? 'PytorchImageClassifier' : 'PytorchImageSegment');
  const bundle: Bundle = {
    version,
    service,
    serviceVersion: settings.serviceVersion ?? newVersion(new Date()),
    description: settings.description ?? `The APIs of ${service}, answered by segserve.`,
    apis,
    microbatch: settings.microbatch ?? version === '0.13',
    timeoutMs: settings.timeoutMs ?? 60_000,
    requestBytesMax: settings.requestBytesMax ?? 20_971_520,
    enableMetrics: settings.enableMetrics ?? true,
    enableFeedback: settings.enableFeedback ?? true,
    enableSwagger: settings.enableSwagger ?? true,
    cors: settings.cors,
  };
  checkBundle(bundle);
  return bundle;
}

function apiOf(api: BentoApiSettings, settings: BentomlSettings, engine: Pick<Engine, 'model'>): BentoApi {
  const models = { ...defaultModels, ...settings.models };
  const name = api.model ?? 'net';
  const model = Object.hasOwn(models, name) ? models[name]! : name;
  const input = api.input ?? 'FileInput';
  const payload = api.payload ?? defaultPayload(model, input, engine);
  return {
    name: api.name,
    path: `/${(api.route ?? api.name).replace(/^\//, '')}`,
    input,
    inputNames: api.inputNames ?? [],
    acceptImageFormats: api.acceptImageFormats ?? imageFormats,
    model,
    payload,
    answer: api.answer ?? defaultAnswer(payload),
    threshold: api.threshold ?? 0.5,
    batch: api.batch ?? true,
    mbMaxBatchSize: settings.mbMaxBatchSize ?? api.mbMaxBatchSize ?? 2000,
    mbMaxLatencyMs: settings.mbMaxLatencyMs ?? api.mbMaxLatencyMs ?? 10_000,
    cors: api.cors,
    picturesFolder: api.picturesFolder,
    docs: api.docs ?? `BentoService inference API '${api.name}', input: '${input}', output: 'DefaultOutput'`,
  };
}

function defaultPayload(model: string, input: InputAdapter, engine: Pick<Engine, 'model'>): Payload {
  if (input === 'JsonInput' || input === 'StrictJsonInput') return 'echo';
  return taskOf(model, engine) === 'classification' ? 'label' : 'classMap';
}

function defaultAnswer(payload: Payload): AnswerKind {
  switch (payload) {
    case 'label':
      return 'topk';
    case 'png':
      return 'labels';
    case 'json':
    case 'shape':
      return 'stats';
    default:
      return 'tensor';
  }
}

/** A model that is not there is told by its first request, in the words of this wire; the bundle itself still serves. */
function taskOf(ref: string, engine: Pick<Engine, 'model'>): string | undefined {
  try {
    return engine.model(ref).task;
  } catch {
    return undefined;
  }
}

/** As `save` named a version: the UTC time to the second and six random hexadecimal digits. */
function newVersion(now: Date): string {
  const digits = now.toISOString().replace(/\D/g, '').slice(0, 14);
  return `${digits}_${randomBytes(3).toString('hex').toUpperCase()}`;
}
