import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availableCores, planWorkers } from './cores.ts';

const files = (content: Record<string, string>) => (file: string) => content[file];

test('a cgroup v2 quota below the machine decides, also one set on an ancestor', () => {
  const own = files({ '/proc/self/cgroup': '0::/pods/a/b\n', '/sys/fs/cgroup/pods/cpu.max': '250000 100000' });
  assert.equal(availableCores(own, 16).cores, 2);
  assert.match(availableCores(own, 16).why, /cgroup quota of 2\.50/);
});

test('a cgroup v1 quota counts too, and "max" or -1 is none', () => {
  const v1 = {
    '/proc/self/cgroup': '4:cpu,cpuacct:/x\n',
    '/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us': '150000',
    '/sys/fs/cgroup/cpu/x/cpu.cfs_period_us': '100000',
  };
  assert.equal(availableCores(files(v1), 8).cores, 1);
  assert.equal(availableCores(files({ ...v1, '/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us': '-1' }), 8).cores, 8);
  assert.equal(
    availableCores(files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000' }), 8).cores,
    8,
  );
});

test('by itself the plan never has more threads than cores', () => {
  for (let cores = 1; cores <= 130; cores++) {
    const plan = planWorkers({ cores: { cores, why: '' }, workers: 'auto', threads: 'auto' });
    assert.ok(plan.workers >= 1 && plan.threads >= 1 && plan.workers * plan.threads <= cores, `${cores} cores`);
    assert.ok(plan.workers * plan.threads > cores * 0.7, `${cores} cores are used`);
  }
});

test('numbers that the operator gives are kept, and too many are called so', () => {
  const plan = planWorkers({ cores: { cores: 2, why: '2 cores' }, workers: 4, threads: 4 });
  assert.deepEqual([plan.workers, plan.threads], [4, 4]);
  assert.match(plan.why, /more threads than cores/);
  assert.equal(planWorkers({ cores: { cores: 8, why: '' }, workers: 'auto', threads: 2 }).workers, 4);
  assert.equal(planWorkers({ cores: { cores: 8, why: '' }, workers: 2, threads: 'auto' }).threads, 4);
});
