import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Fault } from '../domain/fault.ts';
import { defaultLimits } from '../domain/limits.ts';
import { configKeys } from './configKeys.ts';
import { type ConfigSource, configJsonSchema } from './configSchema.ts';
import { explainConfig } from './explainConfig.ts';
import { type ConfigInputs, configOf, loadConfig } from './loadConfig.ts';

let cwd = '';
before(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-config-'));
});
after(() => rm(cwd, { recursive: true }));

/** Loads with `yaml` as ./segserve.yaml. */
async function load(yaml: string, inputs: Partial<ConfigInputs> = {}) {
  await writeFile(path.join(cwd, 'segserve.yaml'), yaml);
  return loadConfig({ env: {}, cwd, ...inputs });
}

async function complaintsOf(loading: Promise<unknown>): Promise<string[]> {
  const error = await loading.then(
    () => assert.fail('expected a Fault'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Fault, String(error));
  assert.equal(error.code, 'config_invalid');
  return error.message.split('\n');
}

function variables(env: Record<string, string>): Promise<string[]> {
  return complaintsOf(load('', { env }));
}

test('Without any source, every value is its default', async () => {
  const { config, origins } = await loadConfig({ env: {}, cwd: os.tmpdir() });
  assert.deepEqual(config.limits, defaultLimits);
  assert.equal(config.defaultModel, 'portrait');
  assert.equal(config.listen.host, '127.0.0.1');
  assert.equal(config.listen.port, 8080);
  assert.equal(config.listen.tls, undefined);
  assert.equal(origins.get('listen.port')?.source, 'default');
});

test('A flag wins over a variable, a variable over the file, the file over the default', async () => {
  const yaml = 'listen: { host: a.example, port: 1, connectionsMax: 10 }';
  const env = { SEGSERVE_LISTEN_PORT: '2', SEGSERVE_LISTEN_HOST: 'b.example' };
  const flags = [{ key: 'listen.port', flag: '--port', value: '3' }];
  const { config, origins } = await load(yaml, { env, flags });
  assert.equal(config.listen.port, 3);
  assert.equal(config.listen.host, 'b.example');
  assert.equal(config.listen.connectionsMax, 10);
  assert.equal(config.listen.keepAliveTimeoutMs, 72_000);
  assert.deepEqual(origins.get('listen.port'), { source: 'flag', name: '--port' });
  assert.deepEqual(origins.get('listen.host'), { source: 'environment', name: 'SEGSERVE_LISTEN_HOST' });
  assert.deepEqual(origins.get('listen.connectionsMax'), { source: 'file', name: 'segserve.yaml:1:53' });
});

test('The configuration is frozen to the leaves', async () => {
  const { config } = await load('models: [a]\nlisten: { cors: { origins: ["*"] } }');
  const check = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value));
    Object.values(value).forEach(check);
  };
  check(config);
  assert.throws(() => (config.models as string[]).push('b'), TypeError);
});

test('Freezing one configuration leaves the next one its own lists', () => {
  assert.notEqual(configOf().models, configOf().models);
});

test('Relative paths start at the file that names them, and at the working folder for variables and flags', async () => {
  const nested = await mkdtemp(path.join(cwd, 'nested-'));
  const file = path.join(nested, 'other.yaml');
  await writeFile(file, 'models: [mine, /absolute]\nlisten: { tls: { cert: c.pem, key: k.pem } }');
  const { config } = await load('', { file });
  assert.deepEqual(config.models, [path.join(nested, 'mine'), '/absolute']);
  assert.deepEqual(config.listen.tls, { cert: path.join(nested, 'c.pem'), key: path.join(nested, 'k.pem') });
  const env = { SEGSERVE_CONFIG: file, SEGSERVE_MODELS: ['a', 'b'].join(path.delimiter) };
  assert.deepEqual((await load('', { env })).config.models, [path.join(cwd, 'a'), path.join(cwd, 'b')]);
});

test('--config wins over SEGSERVE_CONFIG, and that over ./segserve.yaml', async () => {
  await writeFile(path.join(cwd, 'one.yaml'), 'listen: { port: 1 }');
  await writeFile(path.join(cwd, 'two.yaml'), 'listen: { port: 2 }');
  const env = { SEGSERVE_CONFIG: 'two.yaml' };
  assert.equal((await load('listen: { port: 3 }', { env, file: 'one.yaml' })).config.listen.port, 1);
  assert.equal((await load('listen: { port: 3 }', { env })).config.listen.port, 2);
  assert.equal((await load('listen: { port: 3 }')).config.listen.port, 3);
});

test('A named file that is missing is an error; ./segserve.yaml may be missing', async () => {
  const [line] = await complaintsOf(load('', { file: 'nowhere.yaml' }));
  assert.equal(line, 'nowhere.yaml: expected a configuration file, found nothing there.');
});

test('Sizes may be written with a unit wherever bytes are meant', async () => {
  const { config } = await load('engine: { workerBytesMax: 2GiB }\nlimits: { imageBytesMax: 1048576 }', {
    env: { SEGSERVE_LIMITS_QUEUE_BYTES_MAX: '64 MiB' },
  });
  assert.equal(config.engine.workerBytesMax, 2 ** 31);
  assert.equal(config.limits.imageBytesMax, 2 ** 20);
  assert.equal(config.limits.queueBytesMax, 2 ** 26);
});

test('A budget that may be nothing takes 0 besides a size, and no less', async () => {
  for (const [written, bytes] of [
    ['0', 0],
    ['8 MiB', 2 ** 23],
  ] as const) {
    const env = { SEGSERVE_LIMITS_KEPT_PICTURE_BYTES_MAX: written };
    assert.equal((await load('', { env })).config.limits.keptPictureBytesMax, bytes);
    assert.equal((await load(`limits: { keptPictureBytesMax: ${written} }`)).config.limits.keptPictureBytesMax, bytes);
  }
  const [line] = await complaintsOf(load('limits: { keptPictureBytesMax: -1 }'));
  assert.match(line ?? '', /limits\.keptPictureBytesMax: expected 0 or a number of bytes or a size such as "64MiB"/);
  const [other] = await complaintsOf(load('limits: { imageBytesMax: 0 }'));
  assert.match(other ?? '', /limits\.imageBytesMax: expected a number of bytes/);
});

test('Lists are split at the path separator for folders and at commas for origins', async () => {
  const env = { SEGSERVE_LISTEN_CORS_ORIGINS: 'https://a.example, http://b.example:3000' };
  const { config } = await load('', { env });
  assert.deepEqual(config.listen.cors.origins, ['https://a.example', 'http://b.example:3000']);
});

test('A wrong value in the file names line, column, key, what was expected and what was found', async () => {
  const lines = await complaintsOf(load('listen:\n  port: eighty\nengine: { workers: 0 }\nlog: { level: loud }\n'));
  assert.deepEqual(lines, [
    'segserve.yaml:2:9: listen.port: expected a whole number from 0 to 65535, found "eighty".',
    'segserve.yaml:3:20: engine.workers: expected "auto" or a whole number from 1 to 256, found 0.',
    'segserve.yaml:4:15: log.level: expected one of fatal, error, warn, info, debug, trace, silent, found "loud".',
  ]);
});

test('A wrong variable and a wrong flag are named as the user wrote them', async () => {
  const env = { SEGSERVE_LISTEN_TRUST_PROXY: 'yes', SEGSERVE_LIMITS_QUEUE_BYTES_MAX: '2 gigs' };
  const flags = [{ key: 'listen.port', flag: '--port', value: '65536' }];
  assert.deepEqual(await complaintsOf(load('', { env, flags })), [
    'SEGSERVE_LIMITS_QUEUE_BYTES_MAX: limits.queueBytesMax: expected a number of bytes or a size such as "64MiB", found "2 gigs".',
    'SEGSERVE_LISTEN_TRUST_PROXY: listen.trustProxy: expected true or false, found "yes".',
    '--port: listen.port: expected a whole number from 0 to 65535, found "65536".',
  ]);
});

test('A mistake in a value that is overruled is still a mistake', async () => {
  const flags = [{ key: 'listen.port', flag: '--port', value: '1' }];
  assert.equal((await complaintsOf(load('listen: { port: x }', { flags }))).length, 1);
});

test('An unknown key names the nearest known one, by its last part too', async () => {
  const yaml = 'listen:\n  prot: 1\nmodles: []\nport: 3\nlimits: { imageByteMax: 1 }\nzebra: 1\n';
  assert.deepEqual(await complaintsOf(load(yaml)), [
    'segserve.yaml:2:3: listen.prot: unknown key. Did you mean "listen.port"?',
    'segserve.yaml:3:1: modles: unknown key. Did you mean "models"?',
    'segserve.yaml:4:1: port: unknown key. Did you mean "listen.port"?',
    'segserve.yaml:5:11: limits.imageByteMax: unknown key. Did you mean "limits.imageBytesMax"?',
    'segserve.yaml:6:1: zebra: unknown key. Known: models, builtInModels, defaultModel, listen, wires, engine, limits, sources, log.',
  ]);
});

test('An unknown variable names the nearest known one', async () => {
  assert.deepEqual(await variables({ SEGSERVE_LISTEN_PROT: '1' }), [
    'SEGSERVE_LISTEN_PROT: unknown variable, found "1". Did you mean "SEGSERVE_LISTEN_PORT"?',
  ]);
  assert.deepEqual(await variables({ SEGSERVE_PORT: '9000' }), [
    'SEGSERVE_PORT: unknown variable, found "9000". Did you mean "SEGSERVE_LISTEN_PORT"?',
  ]);
});

test('Variables that Kubernetes makes of a Service named segserve are no mistake', async () => {
  const env = {
    SEGSERVE_PORT: 'tcp://10.0.0.11:8080',
    SEGSERVE_PORT_8080_TCP: 'tcp://10.0.0.11:8080',
    SEGSERVE_PORT_8080_TCP_ADDR: '10.0.0.11',
    SEGSERVE_SERVICE_HOST: '10.0.0.11',
    SEGSERVE_SERVICE_PORT: '8080',
    SEGSERVE_SERVICE_PORT_HTTP: '8080',
    SEGSERVE_CANARY_SERVICE_HOST: '10.0.0.12',
  };
  assert.equal((await load('', { env })).config.listen.port, 8080);
});

test('An empty variable counts as unset, and variables of others are none of ours', async () => {
  const env = { SEGSERVE_LISTEN_PORT: '', SEGSERVE_SHARED: '/srv/shared', PORT: '1', SEGSERVER: 'x' };
  assert.equal((await load('', { env })).config.listen.port, 8080);
});

test('A value where keys belong, and the reverse, is an error', async () => {
  assert.deepEqual(await complaintsOf(load('log: info\nlisten: { port: { a: 1 } }')), [
    'segserve.yaml:1:6: log: expected keys (level, format), found "info".',
    'segserve.yaml:2:17: listen.port: expected a whole number from 0 to 65535, found {"a":1}.',
  ]);
  assert.match(
    (await complaintsOf(load('- models')))[0] ?? '',
    /^segserve\.yaml:1:1: the file: expected keys \(models, /,
  );
});

test('Broken YAML and a key that stands twice are named with their line', async () => {
  assert.match((await complaintsOf(load('listen: [1\n')))[0] ?? '', /^segserve\.yaml:\d+:\d+: not valid YAML: /);
  assert.deepEqual(await complaintsOf(load('models: []\nmodels: []')), [
    'segserve.yaml:2:1: not valid YAML: Map keys must be unique',
  ]);
});

test('An empty file, and a group with nothing below it, set nothing', async () => {
  for (const yaml of ['', '# nothing yet\n', 'listen:\n']) assert.equal((await load(yaml)).config.listen.port, 8080);
});

test('Anchors and aliases are followed', async () => {
  const { config } = await load('limits: { deadlineMsDefault: &t 5000, deadlineMsMax: *t }');
  assert.equal(config.limits.deadlineMsMax, 5000);
});

test('A default gives way to a bound that was set, and says why', async () => {
  const { config, origins } = await load('', {
    env: { SEGSERVE_LIMITS_DEADLINE_MS_MAX: '10000', SEGSERVE_LIMITS_IMAGE_BYTES_MAX: '2GiB' },
  });
  assert.equal(config.limits.deadlineMsDefault, 10_000);
  assert.deepEqual(origins.get('limits.deadlineMsDefault'), { source: 'derived', name: 'limits.deadlineMsMax' });
  assert.equal(config.limits.queueBytesMax, 2 ** 31);
  assert.ok(config.listen.bodyBytesMax > 2 ** 31 * 1.33);
  assert.equal(config.listen.bodiesBytesMax, config.listen.bodyBytesMax);
});

test('Two set bounds that contradict each other are an error that names both', async () => {
  const yaml = 'limits:\n  deadlineMsMax: 10\n';
  assert.deepEqual(await complaintsOf(load(yaml, { env: { SEGSERVE_LIMITS_DEADLINE_MS_DEFAULT: '20' } })), [
    'segserve.yaml:2:18: limits.deadlineMsMax: expected at least limits.deadlineMsDefault, which is 20 (SEGSERVE_LIMITS_DEADLINE_MS_DEFAULT), found 10.',
  ]);
});

test('TLS needs both files', async () => {
  assert.deepEqual(await complaintsOf(load('listen: { tls: { cert: a.pem } }')), [
    'segserve.yaml:1:24: listen.tls.cert: expected listen.tls.key beside it, found nothing.',
  ]);
});

test('Log lines are pretty on a terminal and JSON elsewhere, unless said otherwise', async () => {
  assert.equal((await load('', { terminal: true })).config.log.format, 'pretty');
  assert.equal((await load('', { terminal: false })).config.log.format, 'json');
  assert.equal((await load('log: { format: json }', { terminal: true })).config.log.format, 'json');
});

test('Every key has one variable of its own', () => {
  const names = [...configKeys.values()].map(({ variable }) => variable);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes('SEGSERVE_LIMITS_QUEUE_TICKETS_MAX'));
  assert.ok(names.every((name) => /^SEGSERVE_[A-Z_]+$/.test(name)));
});

test('Every default passes its own check', () => {
  for (const { key, schema, defaultValue } of configKeys.values()) {
    if (defaultValue !== undefined) assert.ok(schema.safeParse(defaultValue).success, key);
  }
});

test('The explanation holds each key that has a value, with its source', async () => {
  const keys = explainConfig(await load('listen: { port: 1 }'));
  assert.deepEqual(
    keys.find(({ key }) => key === 'listen.port'),
    {
      key: 'listen.port',
      value: 1,
      origin: { source: 'file', name: 'segserve.yaml:1:17' },
      variable: 'SEGSERVE_LISTEN_PORT',
    },
  );
  assert.deepEqual(
    [...configKeys.keys()].filter((key) => !keys.some((explained) => explained.key === key)),
    ['listen.tls.cert', 'listen.tls.key', 'sources.readFolder', 'sources.writeFolder'],
  );
});

test('The JSON Schema describes each key and refuses others', () => {
  const schema = configJsonSchema() as { properties: Record<string, object>; additionalProperties: boolean };
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(Object.keys(schema.properties), [
    'models',
    'builtInModels',
    'defaultModel',
    'listen',
    'wires',
    'engine',
    'limits',
    'sources',
    'log',
  ]);
  assert.match(JSON.stringify(schema.properties.engine), /"description":"Memory above which/);
});

test('A program may give a plain object, checked as a file is', () => {
  assert.equal(configOf({ listen: { port: 0 } }).listen.port, 0);
  assert.throws(() => configOf({ listen: { port: -1 } }), /config: listen\.port: expected a whole number/);
  assert.throws(
    () => configOf({ prot: 1 } as ConfigSource),
    /config: prot: unknown key\. Did you mean "listen\.port"\?/,
  );
});
