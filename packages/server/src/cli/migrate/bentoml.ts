import { parse } from 'yaml';
import type { ConfigSource } from '../../config/configSchema.ts';
import { Fault } from '../../domain/fault.ts';
import { bentomlApi } from './bentomlApi.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';

type Yaml = Readonly<Record<string, unknown>>;
type WireEntry = NonNullable<ConfigSource['wires']>[number];

/** What each key beside the APIs means here. */
const says: Readonly<Record<string, string>> = {
  kind: '',
  version: '',
  'metadata.service_name': '',
  'metadata.service_version': '',
  'metadata.created_at': 'The time stands in the version already.',
  'metadata.module_name': 'No Python code of the bundle is run; what it did is said by the payload of its APIs.',
  'metadata.module_file': 'No Python code of the bundle is run; what it did is said by the payload of its APIs.',
  'env.pip_packages': 'No Python packages are needed; remove them from the image.',
  'env.conda_env': 'No conda environment is needed; remove it from the image.',
  'env.python_version': 'No Python is needed.',
  'env.docker_base_image': 'Use the image of segserve instead.',
  'env.setup_sh': 'Not run; do in your own image what it did.',
  'env.requirements_txt_file': 'No Python packages are needed.',
};

/** A saved bundle: its folder, or its bentoml.yml. */
export const bentomlReader: OldConfigReader = {
  title: 'saved bundle of BentoML 0.x (bentoml.yml)',

  async recognises(old: OldConfig): Promise<boolean> {
    const text = await bundleText(old);
    return text !== undefined && /^kind:\s*["']?BentoService\b/m.test(text);
  },

  async migrate(old: OldConfig): Promise<Migration> {
    const yaml = parsed((await bundleText(old)) ?? '');
    const notes: MigrationNote[] = [];
    const artifacts = artifactsOf(yaml, notes);
    const apis = listOf(yaml, 'apis').map((api, index) => bentomlApi(api, index, artifacts, notes));
    const metadata = mapOf(yaml, 'metadata');
    const service = textOf(metadata, 'service_name');
    const serviceVersion = textOf(metadata, 'service_version');
    const wire = {
      name: 'bentoml' as const,
      version: lineOf(yaml.version),
      ...(service === undefined ? {} : { service }),
      ...(serviceVersion === undefined ? {} : { serviceVersion }),
      models: Object.fromEntries(artifacts.map((name) => [name, 'portrait'])),
      ...(apis.length === 0 ? {} : { apis }),
    };
    noteRest(yaml, notes);
    return { config: { wires: [wire satisfies WireEntry] }, notes };
  },
};

async function bundleText(old: OldConfig): Promise<string | undefined> {
  if (old.isFolder) return old.files.includes('bentoml.yml') ? old.read('bentoml.yml') : undefined;
  return old.text;
}

function parsed(text: string): Yaml {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    throw new Fault('config_invalid', `Expected bentoml.yml to be YAML: ${why}`, { cause });
  }
  if (isMap(value)) return value;
  throw Fault.expected('config_invalid', 'bentoml.yml to be a mapping', typeof value);
}

/** Headers and escapes changed with 0.11, routes came with 0.12; 0.13 stands for all of these. */
function lineOf(version: unknown): '0.9' | '0.13' {
  const [, minor = '9'] = /^0\.(\d+)/.exec(String(version)) ?? [];
  return Number(minor) >= 11 ? '0.13' : '0.9';
}

/** The names of the artifacts; their weights cannot be read here. */
function artifactsOf(yaml: Yaml, notes: MigrationNote[]): string[] {
  return listOf(yaml, 'artifacts').flatMap((artifact, index) => {
    const name = textOf(artifact, 'name');
    if (name === undefined) return [];
    const type = textOf(artifact, 'artifact_type') ?? 'unknown type';
    const todo = `export it to ONNX, put it into a model package and name that in \`models.${name}\``;
    notes.push({
      key: `artifacts[${index}]`,
      says: `The weights of ${name} (${type}) are Python's: ${todo}; until then \`portrait\` answers in its place.`,
    });
    return [name];
  });
}

function noteRest(yaml: Yaml, notes: MigrationNote[]): void {
  for (const [key, value] of Object.entries(yaml)) {
    if (key === 'apis' || key === 'artifacts') continue;
    const leaves = isMap(value) ? Object.keys(value).map((name) => `${key}.${name}`) : [key];
    for (const leaf of leaves) {
      const note = says[leaf] ?? 'Has no meaning here.';
      if (note !== '') notes.push({ key: leaf, says: note });
    }
  }
}

function listOf(yaml: Yaml, key: string): readonly Yaml[] {
  const value = yaml[key] ?? [];
  if (Array.isArray(value) && value.every(isMap)) return value;
  throw Fault.expected('config_invalid', `\`${key}\` of bentoml.yml to be a list of mappings`, JSON.stringify(value));
}

function mapOf(yaml: Yaml, key: string): Yaml {
  const value = yaml[key] ?? {};
  if (isMap(value)) return value;
  throw Fault.expected('config_invalid', `\`${key}\` of bentoml.yml to be a mapping`, JSON.stringify(value));
}

function textOf(yaml: Yaml, key: string): string | undefined {
  const value = yaml[key];
  return typeof value === 'string' ? value : undefined;
}

function isMap(value: unknown): value is Yaml {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
