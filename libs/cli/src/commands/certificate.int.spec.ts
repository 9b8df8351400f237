import { issuedEntry, signCertificate } from '@heed/certificate';
import type { ConsentCertificate } from '@heed/certificate';
import { generateAgentKeys } from '@heed/crypto';
import { newSalt, recordHash, signCheckpoint, vkeyOf } from '@heed/ledger';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CliError, UsageError } from '../output/cli-error.js';
import { makeProgram } from '../program.js';

const key = generateAgentKeys().signing;
const origin = 'heed/consent/ajuni';
const ID = '019a0000-0000-7000-8000-00000000000';
let folder: string;
let said: string;

/** A certificate that is the only entry of its ledger. */
function certificate(): object {
  const decided = { recordId: `${ID}1`, decision: 'given' as const, tookEffect: true, version: 1, method: 'web_form', occurredAt: '2026-11-20T09:00:00.000Z', recordedAt: '2026-11-20T09:00:01.000Z' };
  const body: ConsentCertificate = {
    schema: 'heed.dev/certificate/consent/v1', id: `${ID}2`, tenant: { id: 'ajuni', name: 'Ajuni', controller: 'Ajuni' }, ref: `sub_${'1'.repeat(32)}`,
    purpose: { id: 'analytics', title: null, policyVersion: 1 }, decision: { ...decided, actor: 'test' }, notice: null, since: [], present: null,
    issuedAt: '2026-11-21T10:00:00.000Z', supersedes: null,
  };
  const record = { id: `${ID}3`, at: '2026-11-21T10:00:00.000Z', ...issuedEntry(body, { recordId: `${ID}1` }), salt: newSalt() };
  const checkpoint = signCheckpoint({ origin, size: 1, root: recordHash(record) }, key);
  return { ...signCertificate(body, key), ledger: [{ origin, index: 0, size: 1, record, inclusion: [], checkpoint }] };
}

function file(name: string, content: unknown): string {
  const at = path.join(folder, name);
  writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content));
  return at;
}

const heed = (...args: readonly string[]): Promise<unknown> => makeProgram().parseAsync(['node', 'heed', ...args]);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'heed-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  said = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  return () => spy.mockRestore();
});

describe.each(['certificate', 'ledger'])('heed %s verify', (group) => {
  it('says what was looked at, by whose key, and what it does not prove', async () => {
    const keyFile = file('key', `# got by telephone\n${vkeyOf(origin, key.x)}\n`);
    await heed(group, 'verify', file('good.json', certificate()), '--key', keyFile);
    expect(said).toContain(`VERIFIED: certificate ${ID}2 (consent) of ajuni`);
    expect(said).toContain('it is the key that you gave for heed/consent/ajuni');
    expect(said).toContain('Not verified: That the person saw the words');
    expect(said).not.toContain('Whose key this is');
  });

  it('fails with one line why, and with --json says all that was looked at', async () => {
    const changed = JSON.stringify(certificate()).replaceAll('"web_form"', '"telephone"');
    await expect(heed(group, 'verify', file('changed.json', changed), '--json')).rejects.toThrow(/^NOT VERIFIED: signature: .*something in it was changed/);
    expect(JSON.parse(said)).toMatchObject({ ok: false, kind: 'consent', findings: expect.arrayContaining([expect.objectContaining({ what: 'signature', ok: false })]) });
    const stranger = file('stranger', vkeyOf(origin, generateAgentKeys().signing.x));
    await expect(heed(group, 'verify', file('good.json', certificate()), '--key', stranger)).rejects.toThrow(/NOT VERIFIED: key: .*another key/);
  });

  it('tells a file that is none, and one that is not there', async () => {
    for (const [name, content] of [['none.json', {}], ['text.json', 'x']] as const) await expect(heed(group, 'verify', file(name, content))).rejects.toBeInstanceOf(CliError);
    await expect(heed(group, 'verify', path.join(folder, 'nowhere.json'))).rejects.not.toBeInstanceOf(UsageError);
  });
});
