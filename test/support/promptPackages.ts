import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { colorDecoder, colorEncoder } from '../../packages/server/src/pipeline/testing/promptableGraphs.ts';

const side = 64;

/** A promptable package: what has the colour of the clicked place is the thing. Writes `<root>/<name>/1/`, gives its folder. */
export function writeColorClicks(root: string, name: string): string {
  const folder = path.join(root, name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'encoder.onnx'), colorEncoder({ side }));
  writeFileSync(path.join(folder, 'decoder.onnx'), colorDecoder({ side }));
  const manifest = {
    schema: 1,
    name,
    version: '1',
    task: 'promptable',
    licence: 'CC0-1.0',
    graph: 'encoder.onnx',
    decoder: { graph: 'decoder.onnx' },
    input: {
      size: { rule: 'fixed', width: side, height: side },
      fit: 'letterbox',
      align: 'topLeft',
      kernel: 'nearest',
    },
  };
  writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(manifest));
  return folder;
}
