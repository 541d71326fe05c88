import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { randomFrom } from '../testing/pictures.ts';
import { type Embedding, EmbeddingCache } from './embeddingCache.ts';

function embedding(bytes: number): Embedding {
  return { tensors: new Map([['e', new Tensor('uint8', new Uint8Array(1), [1])]]), bytes };
}

const key = (picture: string, model = 'sam:1') => ({ model, picture });

test('what was made is kept, and made again only when it had to go for others, the least recently used first', async () => {
  const cache = new EmbeddingCache(30);
  const made: string[] = [];
  const use = async (picture: string) => {
    const { outcome } = await cache.get(key(picture), async () => {
      made.push(picture);
      return embedding(10);
    });
    return outcome;
  };
  for (const picture of ['a', 'b', 'c']) assert.equal(await use(picture), 'miss');
  assert.equal(await use('a'), 'hit');
  assert.equal(await use('d'), 'miss');
  assert.deepEqual(cache.standing, { entries: 3, bytes: 30, evictions: 1 });
  assert.equal(await use('a'), 'hit');
  assert.equal(await use('b'), 'miss', 'b had not been used for the longest time');
  assert.deepEqual(made, ['a', 'b', 'c', 'd', 'b']);
});

test('who asks for what is being made waits for it', async () => {
  const cache = new EmbeddingCache(100);
  const { promise, resolve } = Promise.withResolvers<Embedding>();
  let makings = 0;
  const asking = Array.from({ length: 5 }, () =>
    cache.get(key('a'), () => {
      makings += 1;
      return promise;
    }),
  );
  resolve(embedding(10));
  const found = await Promise.all(asking);
  assert.equal(makings, 1);
  assert.deepEqual(
    found.map(({ outcome }) => outcome),
    ['miss', 'hit', 'hit', 'hit', 'hit'],
  );
});

test('a failure reaches all who wait, and the next one tries again', async () => {
  const cache = new EmbeddingCache(100);
  const failing = () => Promise.reject(new Error('no picture'));
  const asked = await Promise.allSettled([cache.get(key('a'), failing), cache.get(key('a'), failing)]);
  assert.deepEqual(
    asked.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(cache.standing, { entries: 0, bytes: 0, evictions: 0 });
  assert.equal((await cache.get(key('a'), async () => embedding(10))).outcome, 'miss');
});

test('what is larger than the budget is given and not kept, and sends nothing else away', async () => {
  const cache = new EmbeddingCache(20);
  await cache.get(key('small'), async () => embedding(20));
  await cache.get(key('large'), async () => embedding(21));
  assert.deepEqual(cache.standing, { entries: 1, bytes: 20, evictions: 0 });
});

test('models do not share embeddings, and a closed one leaves none behind, not even what was being made', async () => {
  const cache = new EmbeddingCache(100);
  await cache.get(key('a', 'sam:1'), async () => embedding(10));
  assert.equal((await cache.get(key('a', 'sam:10'), async () => embedding(10))).outcome, 'miss');
  const { promise, resolve } = Promise.withResolvers<Embedding>();
  const late = cache.get(key('b', 'sam:1'), () => promise);
  cache.drop('sam:1');
  resolve(embedding(10));
  assert.equal((await late).embedding.bytes, 10);
  assert.deepEqual(cache.standing, { entries: 1, bytes: 10, evictions: 0 });
});

test('the bytes are always those of what is kept, and within the budget', async () => {
  const random = randomFrom(9);
  const cache = new EmbeddingCache(100);
  const sizes = new Map<string, number>();
  for (let step = 0; step < 2000; step++) {
    const picture = `p${Math.floor(random() * 30)}`;
    const size = sizes.get(picture) ?? 1 + Math.floor(random() * 40);
    sizes.set(picture, size);
    await cache.get(key(picture, `m${step % 2}`), async () => embedding(size));
    if (step % 97 === 0) cache.drop('m1');
    assert.ok(cache.standing.bytes <= 100 && cache.standing.bytes >= cache.standing.entries);
  }
  cache.drop('m0');
  cache.drop('m1');
  assert.equal(cache.standing.bytes, 0);
});
