import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promptableSpec } from '../pipeline/testing/promptableGraphs.ts';
import { EmbeddingHomes } from './embeddingHomes.ts';
import { type HandRunner, handEngine, pngHeader, settled } from './engine.testSupport.ts';
import type { Runner } from './runner.ts';

const prompts = { points: [{ x: 1, y: 1, label: 1 }], multimask: false } as const;

function handClicks(workers: number) {
  const spec = promptableSpec({ batching: { maxSize: 1, delayMs: 0 } });
  const house = handEngine({ workers, specs: [spec], limits: { batchesInFlightMax: 2 } });
  house.allReady();
  const click = (side: number) => {
    const image = pngHeader(side, side);
    return house.engine.segment({
      model: 'click',
      image,
      answers: [{ kind: 'labels' }],
      prompts: { ...prompts, points: [...prompts.points] },
    });
  };
  return { ...house, click };
}

/** Which runner holds a batch, by its place. */
function holders(runners: readonly HandRunner[]): number[] {
  return runners.flatMap((runner, at) => runner.batches.map(() => at));
}

async function finishAll(runners: readonly HandRunner[]): Promise<void> {
  for (const runner of runners) while (runner.batches.length > 0) runner.finishOldest();
  await settled();
}

test('requests about one picture go to the runner that has seen it, others to the idlest', async () => {
  const { runners, click } = handClicks(3);
  const first = click(10);
  await settled();
  const [home] = holders(runners);
  await finishAll(runners);
  await first;
  for (let turn = 0; turn < 4; turn++) {
    const others = [click(20 + turn), click(10)];
    await settled();
    assert.ok(runners[home!]!.batches.flat().some(({ work }) => work.kind === 'segment' && work.header.width === 10));
    await finishAll(runners);
    await Promise.all(others);
  }
});

test('a home that is full sends nobody away: another runner takes the request', async () => {
  const { runners, click } = handClicks(2);
  const clicks = [click(10), click(10), click(10)];
  await settled();
  assert.deepEqual(holders(runners).toSorted(), [0, 0, 1]);
  await finishAll(runners);
  await Promise.all(clicks);
});

test('a picture whose home has died finds another one', async () => {
  const { runners, click } = handClicks(2);
  const first = click(10);
  await settled();
  const [home] = holders(runners);
  await finishAll(runners);
  await first;
  runners[home!]!.die();
  const again = click(10);
  await settled();
  const others = runners.filter((_, at) => at !== home);
  assert.equal(holders(others).length, 1);
  await finishAll(others);
  await again;
});

test('only so many homes are remembered, the latest', () => {
  const homes = new EmbeddingHomes();
  const [first, usual] = [{ pid: 1 } as Runner, { pid: 2 } as Runner];
  homes.note('oldest', first);
  for (let at = 0; at < 10_000; at++) homes.note(`picture ${at}`, first);
  assert.equal(homes.choose('oldest', usual, [usual, first]), usual);
  assert.equal(homes.choose('picture 9999', usual, [usual, first]), first);
  assert.equal(homes.choose('picture 9999', usual, [usual]), usual, 'without room');
  homes.forget(first);
  assert.equal(homes.choose('picture 9999', usual, [usual, first]), usual);
  assert.equal(homes.choose(undefined, usual, [usual, first]), usual);
});
