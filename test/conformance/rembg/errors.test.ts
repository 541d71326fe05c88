import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { answerPng, detailOf, type Field, formOf, openRembg, picture } from './rembgServer.ts';

const place = await openRembg();
const notInteger = 'Input should be a valid integer, unable to parse string as an integer';
const notBoolean = 'Input should be a valid boolean, unable to interpret input';

/** Name, value, and what FastAPI with pydantic says of it. */
const wrongValues: readonly (readonly [string, string, type: string, msg: string, ctx?: object])[] = [
  ['a', 'maybe', 'bool_parsing', notBoolean],
  ['om', '2', 'bool_parsing', notBoolean],
  ['ppm', ' true', 'bool_parsing', notBoolean],
  ['dc', 'nope', 'bool_parsing', notBoolean],
  ['vm', 'x', 'bool_parsing', notBoolean],
  ['af', '256', 'less_than_equal', 'Input should be less than or equal to 255', { le: 255 }],
  ['af', '-1', 'greater_than_equal', 'Input should be greater than or equal to 0', { ge: 0 }],
  ['ab', '300', 'less_than_equal', 'Input should be less than or equal to 255', { le: 255 }],
  ['ae', '-1', 'greater_than_equal', 'Input should be greater than or equal to 0', { ge: 0 }],
  ...['abc', '1.5', '1.', '.0', '1__0', '_1', '1e2', '0x10', '+ 5', ' ', '１'].map(
    (value) => ['ae', value, 'int_parsing', notInteger] as const,
  ),
];

describe('Values that are wrong', () => {
  for (const [name, value, type, msg, ctx] of wrongValues) {
    it(`${name}=${JSON.stringify(value)} is ${type}`, async () => {
      const issue = (where: string) => ({ type, loc: [where, name], msg, input: value, ...(ctx ? { ctx } : {}) });
      const inForm = await place.post([picture, [name, value]]);
      assert.equal(inForm.status, 422);
      assert.equal(inForm.headers['content-type'], 'application/json');
      assert.deepEqual(detailOf(inForm), [issue('body')]);
      const inQuery = await place.ask(`/api/remove?url=x&${name}=${encodeURIComponent(value)}`);
      assert.deepEqual(detailOf(inQuery), [issue('query')]);
      assert.equal(inQuery.status, 422);
    });
  }

  it('are told of all at once, in order, what is missing at the end', async () => {
    const reply = await place.ask('/api/remove?vm=x&ab=-1&model=foo&om=');
    const found = (detailOf(reply) as { loc: string[]; type: string }[]).map(
      ({ loc, type }) => `${loc.join('.')} ${type}`,
    );
    assert.deepEqual(found, [
      'query.model string_pattern_mismatch',
      'query.ab greater_than_equal',
      'query.om bool_parsing',
      'query.vm bool_parsing',
      'query.url missing',
    ]);
  });

  it('a model that is none is told which there are; more than a name is none either', async () => {
    for (const value of ['foo', 'xu2netx', 'u2net_cloth_seg', 'withoutbg', 'constructor']) {
      const [issue] = detailOf(await place.post([picture, ['model', value]])) as {
        msg: string;
        ctx: { pattern: string };
      }[];
      assert.match(issue!.ctx.pattern, /^\(birefnet-general\|.*\|u2net\|u2netp\|bria-rmbg\)$/);
      assert.equal(issue!.msg, `String should match pattern '${issue!.ctx.pattern}'`);
    }
    const mapped = await openRembg({ models: { u2net_cloth_seg: 'scene' } });
    assert.equal((await mapped.post([picture, ['model', 'u2net_cloth_seg']])).status, 200);
  });

  it('a colour that rembg crashes at is told in the same shape', async () => {
    for (const value of ['a', '1,2', '1', '1,2,3,4,5', '1,2,3.5', '#fff', ',,']) {
      const reply = await place.post([picture], `/api/remove?bgc=${encodeURIComponent(value)}`);
      assert.equal(reply.status, 422, value);
      const [issue] = detailOf(reply) as { type: string; loc: string[]; input: string }[];
      assert.deepEqual([issue!.type, issue!.loc, issue!.input], ['value_error', ['query', 'bgc'], value]);
    }
  });

  it('a file where a text belongs is told by its name', async () => {
    for (const [name, type] of [
      ['om', 'bool_type'],
      ['af', 'int_type'],
      ['model', 'string_type'],
    ] as const) {
      const [issue] = detailOf(await place.post([picture, [name, 'true', 'q.txt']])) as {
        type: string;
        input: object;
      }[];
      assert.deepEqual([issue!.type, issue!.input], [type, { filename: 'q.txt' }]);
    }
  });
});

describe('Requests without a picture', () => {
  const missing = [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }];
  const bodies: readonly (readonly [string, Parameters<typeof place.ask>[1]])[] = [
    ['nothing', { method: 'POST' }],
    ['JSON', { body: '{"file":1}', headers: { 'content-type': 'application/json' } }],
    ['a bare picture', { body: 'png', headers: { 'content-type': 'image/png' } }],
    ['another field', formOf([['image', 'x', 'a.png']])],
    ['an empty text', formOf([['file', '']])],
    ['a form without parts', formOf([])],
    ['an empty urlencoded one', { body: 'file=', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
  ];
  for (const [says, options] of bodies) {
    it(`${says}: the field is required`, async () => {
      const reply = await place.ask('/api/remove', options);
      assert.equal(reply.status, 422);
      assert.deepEqual(detailOf(reply), missing);
    });
  }

  it('forms that are none are told so', async () => {
    const form = (body: string, type = 'multipart/form-data; boundary=edge') =>
      place.ask('/api/remove', { body, headers: { 'content-type': type } });
    const rows = [
      [await form('junk', 'multipart/form-data'), 'Missing boundary in multipart.'],
      [await form('junk'), 'There was an error parsing the body'],
      [await place.post([picture, ['extras', 'a'.repeat(70_000)]]), 'Part exceeded maximum size of 64KB.'],
      [
        await place.post([...Array.from({ length: 1001 }, (_, at): Field => [`f${at}`, '1']), picture]),
        'Too many fields. Maximum number of fields is 1000.',
      ],
    ] as const;
    for (const [reply, says] of rows) {
      assert.equal(reply.status, 400, says);
      assert.equal(detailOf(reply), says);
    }
    const cut = formOf([picture]).body as Buffer;
    assert.equal((await form(String(cut.subarray(0, cut.length - 20)))).status, 400);
  });
});

it('Extras that would need another picture are refused with a reason', async () => {
  for (const [extras, says] of [
    ['{"sam_prompt":[{"type":"point","data":[1,2],"label":1}]}', /points or boxes/],
    ['{"model_path":"/etc/passwd"}', /operator names models/],
    ['{"only_mask":true}', /`om`/],
    ['{"bgcolor":[1,2,3,4]}', /`bgc`/],
  ] as const) {
    const reply = await place.post([picture, ['model', 'sam']], `/api/remove?extras=${encodeURIComponent(extras)}`);
    assert.equal(reply.status, 400);
    assert.match(String(detailOf(reply)), says);
  }
});

it('A URL is refused in words while the operator has not allowed URLs', async () => {
  const reply = await place.ask('/api/remove?url=http://127.0.0.1:1/');
  assert.equal(reply.status, 403);
  assert.equal(detailOf(reply), 'URLs are switched off here.');
});

it('Unknown addresses and wrong methods read as FastAPI writes them', async () => {
  for (const [method, target, status, detail] of [
    ['GET', '/nope', 404, 'Not Found'],
    ['PUT', '/api/remove', 405, 'Method Not Allowed'],
    ['DELETE', '/', 405, 'Method Not Allowed'],
    ['POST', '/api', 405, 'Method Not Allowed'],
    ['OPTIONS', '/api/remove', 405, 'Method Not Allowed'],
  ] as const) {
    const reply = await place.ask(target, { method });
    assert.equal(reply.status, status, `${method} ${target}`);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.equal(detailOf(reply), detail);
    if (status === 405) assert.match(String(reply.headers.allow), /GET/);
  }
});

describe('Faults of the engine', () => {
  const crashes = ['unknown_model', 'unknown_answer', 'empty_image', 'unsupported_image', 'corrupt_image'];
  crashes.push('poison_input', 'worker_failed', 'model_invalid', 'config_invalid', 'internal');
  for (const code of faultCodeList) {
    it(`${code} is ${crashes.includes(code) ? 'the plain text of status 500' : 'a detail'}`, async () => {
      place.engine.instead = () => Promise.reject(new Fault(code, 'Why.', { retryAfterMs: 1500 }));
      const reply = await place.post([picture]);
      answerPng(place.engine);
      assert.equal(reply.headers['retry-after'], code === 'internal' ? undefined : '2');
      if (crashes.includes(code)) {
        assert.equal(reply.status, 500);
        assert.equal(reply.headers['content-type'], 'text/plain; charset=utf-8');
        assert.match(String(reply.bytes), code === 'internal' ? /^Internal Server Error: A defect/ : /: Why\.$/);
      } else {
        assert.notEqual(reply.status, 500);
        const fixed: Record<string, string> = { not_found: 'Not Found', method_not_allowed: 'Method Not Allowed' };
        assert.equal(detailOf(reply), fixed[code] ?? 'Why.');
      }
    });
  }
});
