import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { KafkaSecrets } from './secrets.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-secrets-'));
  return () => rm(dir, { recursive: true, force: true });
});

describe('passwords of Kafka users', () => {
  it('are made once, 0600, and are the same for all who read the folder', async () => {
    const password = new KafkaSecrets(dir).of('agent-acme');
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(new KafkaSecrets(dir).of('agent-acme')).toBe(password);
    expect(new KafkaSecrets(dir).of('agent-acme2')).not.toBe(password);
    expect((await stat(path.join(dir, 'agent-acme.password'))).mode & 0o777).toBe(0o600);
  });

  it('that change stay the former ones until the brokers have the next: a kill in between leaves one next', async () => {
    const secrets = new KafkaSecrets(dir);
    const former = secrets.of('agent-acme');
    const next = secrets.next('agent-acme');
    const afterKill = new KafkaSecrets(dir);
    expect([afterKill.of('agent-acme'), afterKill.isChanging('agent-acme'), afterKill.next('agent-acme')]).toEqual([former, true, next]);
    afterKill.settle('agent-acme');
    expect([secrets.of('agent-acme'), secrets.isChanging('agent-acme')]).toEqual([next, false]);
  });

  it('leave nothing behind when they are forgotten', async () => {
    const secrets = new KafkaSecrets(dir);
    secrets.of('agent-acme');
    secrets.next('agent-acme');
    secrets.forget('agent-acme');
    expect(await readdir(dir)).toEqual([]);
  });
});
