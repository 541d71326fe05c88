import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { type ChainSpec, isChain } from '../../domain/chainSpec.ts';
import { Fault } from '../../domain/fault.ts';
import { type GraphSpec, hasGraph, type ModelSpec, type PreparedGraph } from '../../domain/modelSpec.ts';
import type { GraphInfo } from '../../graph/inspect.ts';
import type { Context } from '../context.ts';
import { modelCatalogue } from '../modelCatalogue.ts';
import { UsageError } from '../usageError.ts';
import { describeChain } from './describeChain.ts';
import { describeGraph } from './describeGraph.ts';

/** What is known of one model: its file alone, or with the package around it. */
export interface Inspected {
  readonly file: string;
  readonly graph: GraphInfo;
  readonly spec?: GraphSpec;
  readonly prepared?: PreparedGraph;
  /** Without a package: what fusion would do. */
  readonly trial?: string;
}

/** A model by .onnx file, package folder or name, as text for people or JSON for programs. */
export async function inspectModel(word: string, config: Config, context: Context, json: boolean): Promise<string> {
  const found = await find(word, config, context);
  if (isFound(found)) return describeChain(found, json);
  const bytes = await readFile(found.file);
  const graph = await readGraph(found.file, bytes, context);
  const fusion = found.spec
    ? { prepared: await context.services.prepareGraph(found.spec, 'answer') }
    : { trial: await context.services.trialFusion(bytes, graph) };
  const inspected: Inspected = { ...found, graph, ...fusion };
  return json ? `${JSON.stringify(plain(inspected), null, 2)}\n` : describeGraph(inspected);
}

function isFound(found: ChainSpec | GraphFile): found is ChainSpec {
  return 'ref' in found;
}

type GraphFile = { file: string; spec?: GraphSpec };

async function find(word: string, config: Config, context: Context): Promise<GraphFile | ChainSpec> {
  const absolute = path.resolve(context.cwd, word);
  const kind = await stat(absolute).catch(() => undefined);
  if (kind?.isFile()) return { file: absolute };
  if (kind?.isDirectory()) return fileOf(onlyOne(await context.services.findModels([absolute]), word));
  if (/\.onnx$|[/\\]/.test(word)) throw new UsageError(`"${word}" does not exist. Check the path.`);
  return fileOf(await context.services.resolveModel(await modelCatalogue(config, context), word));
}

function onlyOne(specs: readonly ModelSpec[], word: string): ModelSpec {
  const [spec, ...others] = specs;
  if (spec && others.length === 0) return spec;
  throw new UsageError(
    `"${word}" holds ${specs.length} models. Name one: ${specs.map(({ folder }) => folder).join(', ')}.`,
  );
}

function fileOf(spec: ModelSpec): GraphFile | ChainSpec {
  if (isChain(spec)) return spec;
  if (!hasGraph(spec)) throw new UsageError(`${spec.ref} is a chain, and the packages that it names are not here.`);
  return { file: path.join(spec.folder, spec.manifest.graph), spec };
}

async function readGraph(file: string, bytes: Uint8Array, { services }: Context): Promise<GraphInfo> {
  try {
    return await services.inspectGraph(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('model_invalid', `${file}: ${reason.replace(/\.$/, '')}.`, { cause });
  }
}

function plain({ file, graph, spec, prepared, trial }: Inspected): object {
  return {
    file,
    ...(spec ? { model: spec.ref, task: spec.manifest.task, licence: spec.manifest.licence } : {}),
    graph,
    ...(trial === undefined ? {} : { trial }),
    ...(prepared
      ? {
          fusion: {
            fused: prepared.form === 'fused',
            note: prepared.note,
            input: prepared.inputName,
            outputs: prepared.outputNames,
            batchSize: prepared.batchSize ?? null,
          },
        }
      : {}),
  };
}
