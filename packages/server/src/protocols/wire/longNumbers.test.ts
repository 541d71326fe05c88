import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJsonDocument } from './jsonDocument.ts';
import { LongNumbers } from './longNumbers.ts';

const exact = async (text: string) => {
  const value = await readJsonDocument(Buffer.from(text), { exactNumbers: true });
  assert.ok(value instanceof LongNumbers, text.slice(0, 60));
  return value;
};
const invalid = (message: RegExp) => ({ name: 'Fault', code: 'invalid_request', message });

describe('LongNumbers', () => {
  it('stand for arrays of 4096 bytes or more, wherever these are', async () => {
    const numbers = Array.from({ length: 3000 }, (_, index) => index / 8 - 100);
    const text = JSON.stringify({ a: { b: [numbers, 'x'] }, short: [1, 2], c: [[[numbers]], null] });
    const { a, short, c } = (await readJsonDocument(Buffer.from(text))) as {
      a: { b: [LongNumbers, string] };
      short: number[];
      c: [[[LongNumbers]] | LongNumbers, null];
    };
    assert.deepEqual([...(await a.b[0].toFloat64Array())], numbers);
    assert.deepEqual(short, [1, 2]);
    const nested = c[0] as LongNumbers;
    assert.deepEqual(nested.shape, [1, 1, 3000]);
    assert.deepEqual([...(await nested.toFloat32Array())], [...Float32Array.from(numbers)]);
  });

  it('are found when arrays around them hold something else', async () => {
    const row = `[${Array(3000).fill('7').join()}]`;
    const text = `[[${row},[${row},[1,2,[]],null],"x"],${row}]`;
    const [[first, [second, rest], word], third] = (await readJsonDocument(Buffer.from(text))) as unknown as [
      [LongNumbers, [LongNumbers, unknown], string],
      LongNumbers,
    ];
    assert.deepEqual([first.length, second.length, third.length, word, rest], [3000, 3000, 3000, 'x', [1, 2, []]]);
  });

  it('are of every array with exactNumbers, empty ones aside', async () => {
    const value = await readJsonDocument(Buffer.from('{"a":[[1,2],[3,4]],"b":[],"c":[{"d":[5]}],"e":[6,"x"]}'), {
      exactNumbers: true,
    });
    const { a, b, c, e } = value as unknown as { a: LongNumbers; b: unknown; c: [{ d: LongNumbers }]; e: unknown };
    assert.deepEqual(a.shape, [2, 2]);
    assert.deepEqual([...(await c[0].d.toFloat64Array())], [5]);
    assert.deepEqual([b, e], [[], [6, 'x']]);
  });

  it('tell their shape, or that they have none', async () => {
    assert.deepEqual((await exact('[1]')).shape, [1]);
    assert.deepEqual((await exact(' [ [ 1 , 2 , 3 ] , [ 4 , 5 , 6 ] ] ')).shape, [2, 3]);
    assert.deepEqual((await exact('[[[1],[2]],[[3],[4]],[[5],[6]]]')).shape, [3, 2, 1]);
    for (const ragged of ['[[1],[2,3]]', '[1,[2]]', '[[1],2]', '[[],[1]]', '[[[1]],[2]]', '[[1],[]]', '[1,[]]']) {
      const numbers = await exact(ragged);
      assert.throws(() => numbers.shape, invalid(/rows are equally long/), ragged);
    }
  });

  it('are read to the nearest double, as by JSON.parse', async () => {
    const words =
      '0 -0 1 -1 0.1 123456789012345 1234567890123456 9007199254740993 1e22 1e23 1.5e-22 1e-23 5e-324 2.5e-324';
    const more =
      '1.7976931348623157e308 1e400 -1e400 0.1e1 1E+2 12.34E-5 0.000001 3.141592653589793 4.35 0e99999 1e-99999';
    const texts = `${words} ${more}`.split(' ');
    let state = 1;
    for (let round = 0; round < 20_000; round++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      texts.push(`${(state - 2 ** 31) / 10 ** (state % 12)}`, `${state / 7}`, `${state}e${(state % 60) - 30}`);
    }
    const read = await (await exact(`[${texts.join()}]`)).toFloat64Array();
    texts.forEach((text, index) => {
      assert.ok(Object.is(read[index], Number(text)), `${text} became ${read[index]}`);
    });
  });

  it('keep every digit of 64-bit integers, and refuse what is none', async () => {
    const signed = '[9223372036854775807,-9223372036854775808,9007199254740993,-5,0,-0,1.0,1e3]';
    assert.deepEqual(
      [...(await (await exact(signed)).toBigInt64Array())],
      [9223372036854775807n, -9223372036854775808n, 9007199254740993n, -5n, 0n, 0n, 1n, 1000n],
    );
    assert.deepEqual([...(await (await exact('[18446744073709551615]')).toBigUint64Array())], [2n ** 64n - 1n]);
    for (const text of ['[9223372036854775808]', '[1.5]', '[1e30]', '[-9223372036854775809]']) {
      await assert.rejects((await exact(text)).toBigInt64Array(), invalid(/whole numbers from -9223372036854775808/));
    }
    for (const text of ['[-1]', '[18446744073709551616]']) {
      await assert.rejects((await exact(text)).toBigUint64Array(), invalid(/whole numbers from 0/));
    }
  });

  it('refuse what is no number, by its place in the body', async () => {
    const wrong = [
      '1,,2',
      '1,',
      ',1',
      '01',
      '-01',
      '1e',
      '1e+',
      '1.',
      '.5',
      '+1',
      '-',
      '1 2',
      '1-2',
      '1.2.3',
      '[1][2]',
      '1,][',
    ];
    for (const items of wrong) {
      const text = `[${'5,'.repeat(3000)}${items}]`;
      let broken: Promise<unknown>;
      try {
        const value = (await readJsonDocument(Buffer.from(text))) as LongNumbers;
        broken = value.toFloat64Array();
      } catch (error) {
        broken = Promise.reject(error);
      }
      await assert.rejects(broken, invalid(/not valid JSON: expected .* at byte 600\d/), items);
    }
    await assert.rejects(
      readJsonDocument(Buffer.from(`[${'5,'.repeat(3000)}NaN]`)),
      invalid(/a value but received "N"/),
    );
  });

  it('let others have their turn while they are read', async () => {
    const numbers = await exact(`[${'-12.5,'.repeat(500_000)}1]`);
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await numbers.toFloat32Array();
    clearImmediate(timer);
    assert.ok(turns >= 10, `${turns} turns`);
  });
});
