import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coordinateChoices, flipChoices } from '@segserve/contract';
import { coordinateWords, flipWords } from './answerWords.ts';
import { runsOf } from './runsOf.ts';

test('flags of tiles, averages and regions are what a request says', () => {
  assert.deepEqual(runsOf({}), {});
  assert.deepEqual(runsOf({ tile: 'auto', flips: 'both' }), { tile: 'auto', flips: 'both' });
  assert.deepEqual(runsOf({ tile: '512x256', scales: '0.5,1' }), {
    tile: { width: 512, height: 256 },
    scales: [0.5, 1],
  });
  assert.deepEqual(runsOf({ region: '1,2,3,4', inPlace: true }), {
    region: { x: 1, y: 2, width: 3, height: 4 },
    regionOnly: false,
  });
});

test('flags that are wrong name themselves and what they may be', () => {
  assert.throws(() => runsOf({ tile: '512' }), /--tile: expected auto, off, or WIDTHxHEIGHT.*found "512"/);
  assert.throws(() => runsOf({ region: '1,2' }), /--region: expected x,y,width,height/);
  assert.throws(() => runsOf({ scales: '1,9' }), /--scales: expected a number from 0.25 to 4, found "9"/);
  assert.throws(() => runsOf({ scales: '1,' }), /--scales/);
});

test('the words of flags are those of the contract', () => {
  assert.deepEqual(flipWords, flipChoices);
  assert.deepEqual(coordinateWords, coordinateChoices);
});
