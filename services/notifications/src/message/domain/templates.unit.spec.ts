import { loadSamplePack, SAMPLE_TENANTS } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { lettersFor, mailOf, writerOf } from './templates.js';
import type { RequestTemplate } from './templates.js';

const TEMPLATES: readonly RequestTemplate[] = ['request_received', 'request_closed', 'request_refused', 'request_extended'];

describe.each(SAMPLE_TENANTS)('mail of %s', (tenant) => {
  const pack = loadSamplePack(tenant);
  const writer = writerOf(pack);

  it.each(TEMPLATES)('%s names whom to ask, in text and in HTML', (template) => {
    const letters = lettersFor(pack);
    const mail = mailOf(pack, letters.request(template, writer, 'ref-1', {}), letters.language);
    expect(mail.from).toEqual({ name: pack.tenant.name, address: pack.tenant.contacts.privacy.value });
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain(writer.contact);
      expect(part).toContain('ref-1');
    }
  });
});

it('dates are those of the tenant’s zone', () => {
  const pack = loadSamplePack('ajuni');
  const letter = lettersFor(pack).request('request_extended', writerOf(pack), 'ref-1', { due: '2026-12-20T20:00:00Z' });
  expect(letter.body.join('\n')).toContain('by 21 December 2026');
});

it('the mail about a closed request says so when nothing was found, and promises what its status page shows', () => {
  const pack = loadSamplePack('ajuni');
  const closed = (params: Record<string, string>): string =>
    mailOf(pack, lettersFor(pack).request('request_closed', writerOf(pack), 'ref-1', { type: 'erase', ...params }), 'en').text;
  expect(closed({ result: 'nothing_found' })).toContain('found nothing about you');
  expect(closed({ result: 'done', statusUrl: 'http://x/r/t' })).toMatch(/every place where your data was kept has answered[^]*signed certificate of it, can be read at http:\/\/x\/r\/t/);
});
