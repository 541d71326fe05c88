import type { ModelDetail } from '@segserve/contract';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { SegmentRequest } from '../../domain/request.ts';
import { knownServers, serverName, type Task, uriPrefix } from './servers.ts';
import type { CustomServer, MapSize, MortredSettings, Profile } from './settings.ts';

/** One address and what answers there; in the predecessor a process of its own. */
export interface Endpoint {
  readonly uri: string;
  readonly task: Task;
  /** Of class maps and mattes; undefined: the photo's own. */
  readonly size: SegmentRequest['size'];
  /** The model of segserve. Throws Fault `unknown_model` where there is none. */
  readonly modelIn: (engine: Engine) => string;
}

/** By whole request target. */
export type Endpoints = ReadonlyMap<string, Endpoint>;

export function endpointsOf(settings: MortredSettings): Endpoints {
  const { profile = 'a', uris = {} } = settings;
  const builtIn = knownServers
    .filter((server) => server.profiles.includes(profile))
    .map(({ suffix, task }) => endpoint(settings, `${uriPrefix}${suffix}`, { task }));
  const custom = Object.entries(uris).map(([uri, server]) => endpoint(settings, uri, server));
  return new Map([...builtIn, ...custom].map((one) => [one.uri, one]));
}

function endpoint(settings: MortredSettings, uri: string, server: CustomServer): Endpoint {
  const { task, model } = server;
  const name = serverName(uri);
  const wanted = model === undefined ? settings.models[name] : (settings.models[model] ?? model);
  const size = server.size ?? mapSizeOf(settings, name);
  return {
    uri,
    task,
    size: size === 'input' ? undefined : size,
    modelIn: (engine) => wanted ?? usualModel(engine, task, name),
  };
}

/** Only bisenetv2 of eras A and B leaves the class map at the network's own size. */
function mapSizeOf({ profile = 'a', modelSize = 'model' }: MortredSettings, name: string): MapSize {
  const sized: readonly Profile[] = ['a', 'b'];
  return name === 'bisenetv2' && sized.includes(profile) ? modelSize : 'input';
}

/** What answers where the configuration names no model. */
function usualModel(engine: Engine, task: Task, name: string): string {
  // Nobody gets into terms that they have not chosen: a non-commercial model answers where the configuration names it.
  const first = (wanted: ModelDetail['task']) =>
    engine.models().find((model) => model.task === wanted && !model.nonCommercial);
  switch (task) {
    case 'matting':
      return 'portrait';
    case 'scene_segmentation': {
      const scene = name === 'pphuman_seg' ? undefined : first('semantic');
      return scene === undefined ? 'portrait' : `${scene.name}:${scene.version}`;
    }
    case 'classification': {
      const classifier = first('classification');
      if (classifier) return `${classifier.name}:${classifier.version}`;
      throw new Fault('unknown_model', 'No classification model is served here.');
    }
    default:
      throw new Fault('unknown_model', `Models for ${task} are not served here.`);
  }
}
