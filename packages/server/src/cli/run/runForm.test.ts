import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runForm } from './runForm.ts';

test('Two names are a bundle and its API, one name is a module', () => {
  const cases: [line: string, form: ReturnType<typeof runForm>][] = [
    ['Pets:latest predict --input-file=a.jpg', 'bundle'],
    ['Pets:latest predict --input-file a.jpg b.jpg', 'bundle'],
    ['-q Pets:latest predict --input x', 'bundle'],
    ['Pets:latest predict', 'bundle'],
    ['Pets:latest predict -o json', 'bundle'],
    ['Pets:latest --input-file a.jpg', 'bundle'],
    ['humanseg_server --input_path a.jpg', 'module'],
    ['humanseg_server --input_path=a.jpg --visualization True', 'module'],
    ['--input_path a.jpg humanseg_server', 'module'],
    ['humanseg_server', 'module'],
    ['humanseg_server --batch_size 2', 'module'],
  ];
  for (const [line, form] of cases) assert.equal(runForm(line.split(' ')), form, line);
});
