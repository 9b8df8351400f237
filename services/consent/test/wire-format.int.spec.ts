import { eventually, testServers } from '@heed/testing';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConsentStateReader } from './consent-state-reader.js';
import { ada, ConsentUnderTest } from './consent-under-test.js';

const PAGE = path.join(import.meta.dirname, '../../../docs/wire-format.md');
const run = promisify(execFile);

let consent: ConsentUnderTest;
let program: string;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-wire-'));
  program = path.join(folder, 'may.py');
  const [, source = ''] = /```python\n([^]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
  await writeFile(program, source);
  return async () => {
    await rm(folder, { recursive: true, force: true });
    await consent.stop();
  };
});

const brokers = (): string => testServers().brokers;

/** Runs a program with something to read. */
async function fed(command: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => err.push(String(chunk)));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${err.join('')}`);
  return out.join('');
}

const topic = (name: string): string => `${consent.bed.topicPrefix}heed.t.ajuni.${name}`;
const soon = { timeoutMs: 30_000 };

const SAY = `
import sys
from confluent_kafka import Producer
brokers, topic, kind, id = sys.argv[1:5]
producer = Producer({"bootstrap.servers": brokers})
headers = {"ce_specversion": "1.0", "ce_id": id, "ce_source": "/shop", "ce_type": f"heed.ingress.{kind}.v1", "ce_time": "2026-11-21T09:00:00Z", "content-type": "application/json"}
producer.produce(topic, sys.stdin.read().strip(), headers=list(headers.items()))
sys.exit(producer.flush(20))
`;
const CLIENTS = {
  kcat: (kind: string, value: string) =>
    fed('kcat', ['-b', brokers(), '-P', '-t', topic('ingress.v1'), '-H', 'ce_specversion=1.0', '-H', `ce_id=${randomUUID()}`, '-H', 'ce_source=/shop', '-H', `ce_type=heed.ingress.${kind}.v1`,
      '-H', 'ce_time=2026-11-21T09:00:00Z', '-H', 'content-type=application/json'], `${value}\n`),
  python: (kind: string, value: string) => fed('/usr/bin/python3', ['-c', SAY, brokers(), topic('ingress.v1'), kind, randomUUID()], value),
} as const;

describe('without the SDK', () => {
  it.each(['kcat', 'python'] as const)('%s publishes a consent and a withdrawal, and kcat reads what came of them', async (client) => {
    const reader = await ConsentStateReader.of(consent); // for its key alone
    const subject = ada();
    const text = `email|${subject.identifiers[0]?.value ?? ''}`;
    const shown = async (): Promise<string | undefined> => {
      const { stdout } = await run('kcat', ['-b', brokers(), '-C', '-e', '-q', '-o', 'beginning', '-t', topic('consent-state.v1'), '-f', '%k %s\n'], { maxBuffer: 64_000_000 });
      const line = stdout.split('\n').findLast((one) => one.startsWith(`${reader.keyOf(text)} `));
      return line && (JSON.parse(line.slice(44)) as { purposes: Record<string, { state: string }> }).purposes['marketing_email']?.state;
    };
    await CLIENTS[client]('consent_given', JSON.stringify({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] }));
    await eventually(async () => expect(await shown()).toBe('given'), soon);
    await CLIENTS[client]('consent_withdrawn', JSON.stringify({ subject, purposes: ['marketing_email'] }));
    await eventually(async () => expect(await shown()).toBe('withdrawn'), soon);
    await reader.stop();
  });

  it('the Python program of the page answers what the service answers, case by case', async () => {
    const give = (subject: object, purpose: string, more: object = {}) => consent.decide({ subject, decisions: [{ purpose, decision: 'given' }], ...more });
    const [given, withdrawn, refused, objector, branded, child, suspect, stranger] = [ada(), ada(), ada(), ada(), ada(), ada(), ada(), ada()];
    const split = ada();
    const ref = String((await give(given, 'marketing_email')).body['ref']);
    await give(withdrawn, 'marketing_email');
    await consent.withdraw({ subject: withdrawn, purposes: ['marketing_email'] });
    await consent.decide({ subject: refused, decisions: [{ purpose: 'analytics', decision: 'refused' }] });
    await consent.withdraw({ subject: objector, purposes: ['security'], jurisdiction: 'DE' });
    await give(branded, 'analytics', { domain: 'shop.example.com' });
    await consent.decide({ subject: child, age: 15, decisions: [{ purpose: 'marketing_email', decision: 'refused' }] });
    await consent.decide({ subject: suspect, childSignal: true, decisions: [{ purpose: 'marketing_email', decision: 'refused' }] });
    await consent.withdraw({ subject: split, purposes: ['analytics', 'marketing_email'] });
    await consent.withdraw({ subject: split, purposes: ['security'], jurisdiction: 'DE' });
    consent.clock.advance({ seconds: 1 });
    await give(split, 'analytics', { domain: 'shop.example.com' });
    const last = await give(ada(), 'analytics');
    const reader = await ConsentStateReader.of(consent);
    await eventually(() => expect(reader.of(`ref|${String(last.body['ref'])}`)).toBeDefined(), soon);
    await eventually(() => expect(reader.heartbeat()?.build).toBeGreaterThan(0), soon);
    await reader.stop();

    const mixed = { identifiers: [...given.identifiers, ...withdrawn.identifiers] };
    const subjects = [given, withdrawn, refused, objector, branded, split, child, suspect, stranger, mixed, { ref }];
    const places = [{}, { jurisdiction: 'DE' }, { jurisdiction: 'BR' }, { domain: 'shop.example.com' }, { domain: 'other.example.com' }, { domain: 'other.example.com', jurisdiction: 'DE' }];
    const cases = subjects.flatMap((subject) =>
      ['marketing_email', 'analytics', 'security', 'service', 'sale', 'unheard_of'].flatMap((purpose) => places.map((place) => ({ subject, purpose, ...place }))),
    );
    const { body: asked } = await consent.service.call('GET', '/v1/consents/state-key', { tenant: 'ajuni', roles: ['platform'] });
    const named = { ...asked, topic: `${consent.bed.topicPrefix}${String(asked['topic'])}` };
    const told = await fed('/usr/bin/python3', [program, brokers(), JSON.stringify(named)], cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const { body } = await consent.check({ checks: cases });
    const answers = (body['checks'] as { allowed: boolean; basis: string | null; reason: string }[]).map(({ allowed, basis, reason }) => ({ allowed, basis, reason }));
    told.trim().split('\n').forEach((line, i) => expect(JSON.parse(line), JSON.stringify(cases[i])).toEqual(answers[i]));
    expect(told.trim().split('\n')).toHaveLength(cases.length);
    expect(new Set(answers.map(({ reason }) => reason)).size).toBeGreaterThanOrEqual(11);
  });
});
