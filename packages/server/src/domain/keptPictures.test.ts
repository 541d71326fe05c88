import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { KeptPictures } from './keptPictures.ts';
import { pictureDigest } from './pictureDigest.ts';

const kib = 1024;
/** A picture that shares its memory with no other, and whose bytes differ from those of other seeds. */
const picture = (seed: number, bytes: number) => new Uint8Array(bytes).fill(seed);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a digest is SHA-256, however large the picture is', async () => {
  for (const bytes of [0, 1, 64 * kib, 64 * kib + 1, 1000 * kib]) {
    assert.equal(await pictureDigest(picture(7, bytes)), sha256(picture(7, bytes)));
  }
});

test('the bytes of one picture are hashed once, those of its kept copy not at all', async () => {
  const body = picture(3, 300 * kib);
  const part = body.subarray(kib);
  assert.equal(pictureDigest(part), pictureDigest(part));
  const kept = new KeptPictures({ bytesMax: 1000 * kib });
  const digest = await kept.keep(part);
  const copy = kept.find(digest!)!;
  assert.notEqual(copy, part);
  assert.equal(pictureDigest(copy), pictureDigest(part));
});

test('a picture is found by its digest and by no other', async () => {
  const kept = new KeptPictures({ bytesMax: 100 * kib });
  const digest = await kept.keep(picture(1, 9000));
  assert.equal(digest, sha256(picture(1, 9000)));
  assert.deepEqual(kept.find(digest), picture(1, 9000));
  assert.equal(kept.find(sha256(picture(2, 9000))), undefined);
});

test('the least recently used goes first when the budget is full', async () => {
  const kept = new KeptPictures({ bytesMax: 30 * kib });
  const [first, second, third] = [picture(1, 10 * kib), picture(2, 10 * kib), picture(3, 10 * kib)];
  for (const one of [first, second, third]) await kept.keep(one);
  assert.ok(kept.find(sha256(first)), 'a look counts as a use');
  await kept.keep(picture(4, 10 * kib));
  assert.equal(kept.find(sha256(second)), undefined);
  for (const one of [first, third, picture(4, 10 * kib)]) assert.ok(kept.find(sha256(one)));
  assert.equal(kept.bytes, 30 * kib);
});

test('a picture that is larger than the budget is not kept, and nothing goes for it', async () => {
  const kept = new KeptPictures({ bytesMax: 10 * kib });
  await kept.keep(picture(1, 10 * kib));
  assert.equal(await kept.keep(picture(2, 10 * kib + 1)), undefined);
  assert.ok(kept.find(sha256(picture(1, 10 * kib))));
});

test('a budget of 0 keeps nothing, not even an empty picture', async () => {
  const kept = new KeptPictures({ bytesMax: 0 });
  assert.equal(kept.isOn, false);
  assert.equal(await kept.keep(picture(1, 0)), undefined);
  assert.equal(await kept.keep(picture(1, 1)), undefined);
});

test('the same picture counts once, also when it comes many times at once', async () => {
  const kept = new KeptPictures({ bytesMax: 1000 * kib });
  await Promise.all(Array.from({ length: 20 }, () => kept.keep(picture(1, 100 * kib))));
  assert.equal(kept.bytes, 100 * kib);
});

test('tiny pictures are charged for their bookkeeping', async () => {
  const kept = new KeptPictures({ bytesMax: 16 * kib });
  const digests: (string | undefined)[] = [];
  for (let seed = 0; seed < 100; seed++) digests.push(await kept.keep(picture(seed, 10)));
  assert.equal(digests.filter((digest) => kept.find(digest!) !== undefined).length, 4);
});

test('a picture that is a part of a larger body does not keep the body', async () => {
  const kept = new KeptPictures({ bytesMax: 100 * kib });
  const body = picture(5, 1000 * kib);
  const digest = await kept.keep(body.subarray(10, 10 + 8 * kib));
  assert.equal(kept.find(digest!)!.buffer.byteLength, 8 * kib);
});

test('a picture that nobody names for half an hour is forgotten', async () => {
  let nowMs = 0;
  const kept = new KeptPictures({ bytesMax: 100 * kib, now: () => nowMs });
  const old = await kept.keep(picture(1, 9000));
  nowMs += 29 * 60_000;
  const used = await kept.keep(picture(2, 9000));
  assert.ok(kept.find(old!), 'each use begins a new half hour');
  nowMs += 29 * 60_000;
  assert.ok(kept.find(old!));
  nowMs += 2 * 60_000;
  assert.equal(kept.find(used!), undefined);
  assert.equal(kept.bytes, 9000);
});

test('whatever comes in whatever order, the budget holds and each digest is that of its picture', async () => {
  const bytesMax = 64 * kib;
  const kept = new KeptPictures({ bytesMax });
  for (let round = 0; round < 2000; round++) {
    const one = picture(Math.floor(Math.random() * 40), Math.floor(Math.random() * 20 * kib));
    const digest = await kept.keep(one);
    assert.deepEqual(kept.find(digest!), one);
    assert.ok(kept.bytes <= bytesMax && kept.bytes >= 0);
  }
});
