import path from 'node:path';
import type { Config } from '../../../config/config.ts';
import { bentomlWireSchema } from '../../../config/wires/bentoml.ts';
import type { Engine } from '../../../domain/engineDoor.ts';
import type { ModelSpec } from '../../../domain/modelSpec.ts';
import { type Bundle, bundleOf } from '../../../protocols/bentoml/bundle.ts';
import type { BentomlSettings } from '../../../protocols/bentoml/settings.ts';
import { bentomlReader } from '../../migrate/bentoml.ts';
import { openOldConfig } from '../../migrate/openOldConfig.ts';
import { RunArgumentError } from './runArguments.ts';

interface Places {
  readonly config: Config;
  readonly specs: readonly ModelSpec[];
  readonly cwd: string;
}

/**
 * The bundle that NAME:VERSION means: one of the configuration's bentoml wires, the one that such a wire is without
 * settings, a segserve model, or the folder of a saved bundle. Throws RunArgumentError when it is none.
 */
export async function findBundle(tag: string, { config, specs, cwd }: Places): Promise<Bundle> {
  const models = { model: (ref: string) => detailOf(specs, ref) };
  const [, name, version] = /^([^:/\\]+):([^:/\\]+)$/.exec(tag) ?? [];
  if (name !== undefined && version !== undefined) {
    const configured = config.wires.filter((wire) => wire.name === 'bentoml');
    for (const settings of configured.length > 0 ? configured : [{}]) {
      const bundle = bundleOf(settings, models);
      if (bundle.service === name && ['latest', bundle.serviceVersion].includes(version)) return bundle;
    }
    if (specOf(specs, tag)) return bundleOf({ service: name.replace(/\W/g, '_'), models: { net: tag } }, models);
  } else {
    const settings = await savedBundle(tag, cwd);
    if (settings) return bundleOf(settings, models);
  }
  throw new RunArgumentError(
    `BentoService "${tag}" not found - either specify the file path of a saved bundle, or its name and version in the form of "name:version"`,
  );
}

async function savedBundle(folder: string, cwd: string): Promise<BentomlSettings | undefined> {
  const old = await openOldConfig(path.resolve(cwd, folder), cwd).catch(() => undefined);
  if (!old?.isFolder || !(await bentomlReader.recognises(old))) return undefined;
  const { config } = await bentomlReader.migrate(old);
  const [wire] = config.wires ?? [];
  return typeof wire === 'object' && wire.name === 'bentoml' ? bentomlWireSchema.parse(wire) : undefined;
}

function specOf(specs: readonly ModelSpec[], ref: string): ModelSpec | undefined {
  return specs.find((spec) => spec.ref === ref || spec.manifest.name === ref.replace(/:latest$/, ''));
}

function detailOf(specs: readonly ModelSpec[], ref: string): ReturnType<Engine['model']> {
  const spec = specOf(specs, ref);
  if (spec === undefined) throw new Error(`no model ${ref}`);
  // Only the task is asked for.
  return { task: spec.manifest.task } as ReturnType<Engine['model']>;
}
