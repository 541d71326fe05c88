import { formatBytes } from '../../config/byteSize.ts';
import { isPromptable, takesPictures } from '../../domain/modelSpec.ts';
import type { GraphInfo, GraphValue } from '../../graph/inspect.ts';
import { table } from '../table.ts';
import type { Inspected } from './inspectModel.ts';

const operatorsShown = 8;

/** A model in a dozen lines, for people. */
export function describeGraph({ file, graph, spec, prepared, trial }: Inspected): string {
  const rows: string[][] = [['file', file]];
  if (spec) {
    const { manifest } = spec;
    const licence = manifest.nonCommercial ? `${manifest.licence} (non-commercial)` : manifest.licence;
    const classes = takesPictures(spec) ? `${spec.labels.length} classes, ` : '';
    rows.unshift(['model', `${spec.ref}, ${manifest.task}, ${classes}licence ${licence}`]);
  }
  rows.push(
    ['size', `${formatBytes(graph.bytes)}, ${graph.parameters.toLocaleString('en')} parameters, ${graph.precision}`],
    ['format', `opset ${[graph.opset, ...otherOpsets(graph)].join(', ')}, IR ${graph.irVersion}${producer(graph)}`],
    ['operators', operators(graph)],
  );
  if (graph.externalFiles.length > 0) rows.push(['weights in', graph.externalFiles.join(', ')]);
  for (const input of graph.inputs.filter(({ initialiser }) => !initialiser)) rows.push(['input', shape(input)]);
  for (const output of graph.outputs) {
    const ending = output.ending.length > 0 ? `, ends in ${output.ending.join(', ')}` : '';
    rows.push(['output', shape(output) + ending]);
  }
  if (prepared && spec && !takesPictures(spec) && !isPromptable(spec)) rows.push(['served', prepared.note]);
  else if (prepared) {
    rows.push(
      ['fused', `${prepared.form === 'fused' ? 'yes' : 'no'}: ${prepared.note.replace(/^(not )?fused: /, '')}`],
      [
        'run as',
        `${prepared.inputName} -> ${prepared.outputNames.join(', ')}; pictures per run: ${prepared.batchSize ?? 'any number'}`,
      ],
    );
  } else {
    rows.push(
      ['guess', guess(graph)],
      ['fused', graph.fusion === undefined ? (trial ?? '') : `yes, in the file itself: ${graph.fusion}`],
      ['next', 'put a model.yaml beside it: docs/how-to/bring-your-model.md'],
    );
  }
  return table(rows);
}

function shape({ name, type, dims }: GraphValue): string {
  const sides = dims === undefined ? 'any shape' : `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
  return `${name}  ${type ?? 'no tensor'} ${sides}`;
}

function otherOpsets({ otherOpsets }: GraphInfo): string[] {
  return Object.entries(otherOpsets).map(([domain, version]) => `${domain} ${version}`);
}

function producer({ producer }: GraphInfo): string {
  return producer === '' ? '' : `, made by ${producer}`;
}

function operators({ nodes, operators }: GraphInfo): string {
  const counts = Object.entries(operators).map(([name, count]) => `${count} ${name}`);
  const more = counts.length > operatorsShown ? `, and ${counts.length - operatorsShown} other kinds` : '';
  return `${nodes} nodes: ${counts.slice(0, operatorsShown).join(', ')}${more}`;
}

function guess({ guess: { task, layout, kind } }: GraphInfo): string {
  return `task ${task ?? 'unknown'}, layout ${layout ?? 'unknown'}, output ${kind ?? 'unknown'}; read off shapes, may err`;
}
