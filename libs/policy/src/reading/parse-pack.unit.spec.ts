import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { policyPackFile } from '../files/sample-packs.js';
import { formatPackIssue, type PackIssue } from './issue.js';
import { parsePack } from './parse-pack.js';

const AJUNI = readFileSync(policyPackFile('ajuni'), 'utf8');

/** Breaks Ajuni's pack in one place and returns the issues with the text of the line each one names. */
function broken(from: string | RegExp, to: string): (PackIssue & { text: string })[] {
  const text = AJUNI.replace(from, to);
  expect(text, 'the replacement must hit').not.toBe(AJUNI);
  const parsed = parsePack(text, { file: 'broken.yaml' });
  if (parsed.ok) throw new Error('the pack was accepted');
  const lines = text.split('\n');
  return parsed.issues.map((issue) => ({ ...issue, text: (lines[issue.line - 1] ?? '').slice(issue.column - 1) }));
}

const ACKNOWLEDGE = 'acknowledge: { value: P2BD, source: AJU-39 }';

describe('a mistake in one place', () => {
  it.each([
    ['a value without a source', ACKNOWLEDGE, 'acknowledge: P2BD', 'source_missing', 'P2BD', '/clocks/acknowledge'],
    ['a forgotten source', ACKNOWLEDGE, 'acknowledge: { value: P2BD }', 'source_missing', 'acknowledge', '/clocks/acknowledge/source'],
    ['a misspelt key', ACKNOWLEDGE, `acknowlege: { value: P2BD, source: AJU-39 }`, 'key_unknown', 'acknowlege', '/clocks/acknowlege'],
    ['a missing value', / {2}resolve: .*\n/, '', 'value_missing', 'clocks:', '/clocks/resolve'],
    ['a missing section', /isolation: .*\n/, '', 'value_missing', 'schema:', '/isolation'],
    ['a duration in prose', 'value: P30D, source: AJU-40', 'value: 30 days, source: AJU-40', 'value_invalid', '30 days', '/clocks/resolve/value'],
    ['a number that YAML made of a version', '"1.3"', '1.3', 'value_invalid', '1.3', '/security/tlsMin/value'],
    ['a zone that does not exist', 'value: Asia/Kolkata', 'value: Asia/Calcuta', 'value_invalid', 'Asia/Calcuta', '/tenant/zone/value'],
    ['an unknown word', 'from: period_end', 'from: month_end', 'value_invalid', 'month_end', '/retention/4/from'],
    ['a source that is no source', 'source: AJU-40 }', 'source: the_lawyers }', 'value_invalid', 'the_lawyers', '/clocks/resolve/source'],
    ['another format', 'policy-pack/v1', 'policy-pack/v9', 'schema_unknown', 'heed.dev/policy-pack/v9', '/schema'],
    ['a promise that is not listed', 'source: AJU-40 }', 'source: AJU-99 }', 'promise_unknown', 'AJU-99', '/clocks/resolve/source'],
    ["another policy's promise", 'source: AJU-40 }', 'source: AUR-14 }', 'promise_foreign', 'AUR-14', '/clocks/resolve/source'],
    ['a promise of two policies', '{ id: AJU-60,', '{ id: AJV-60,', 'promise_foreign', 'AJV-60', '/promises/59/id'],
    ['an unknown default place', 'default: { value: IN', 'default: { value: UK', 'jurisdiction_unknown', 'UK', '/jurisdictions/default/value'],
    ['a law left out', 'laws: [GDPR]', 'laws: [CCPA]', 'law_missing', 'laws', '/jurisdictions/list/1/laws'],
    ['a basis left out', / {6}EU: \{ basis: consent.*\n/, '', 'basis_missing', 'bases:', '/purposes/5/bases'],
    ['the wrong place in the law', 'reference: GDPR 6(1)(f)', 'reference: GDPR 6(1)(a)', 'basis_reference_mismatch', 'GDPR 6(1)(a)', '/purposes/3/bases/EU/reference'],
    ['a category nobody declared', 'categories: [contact, support]', 'categories: [contact, helpdesk]', 'category_unknown', 'helpdesk', '/purposes/1/categories/1'],
    ['a schedule for a category nobody declared', '- category: orders', '- category: ordrs', 'category_unknown', 'ordrs', '/retention/1/category'],
    ['a second schedule', '- category: orders', '- category: contact', 'id_duplicate', 'category: contact', '/retention/1'],
    ['a processor for nobody', 'role: controller', 'role: processor', 'controller_missing', 'processor', '/dataCategories/0/role'],
    ['an aggregate of unknown grain', '    aggregateBy: day\n', '', 'aggregate_grain_missing', 'aggregate', '/retention/3/then'],
    ['a never-purpose as a purpose', '- id: assistant\n', '- id: sale\n', 'purpose_denied', 'sale', '/purposes/2/id'],
    ['a notice for an unknown purpose', 'purposes: [analytics]', 'purposes: [statistics]', 'purpose_unknown', 'statistics', '/notices/consent/1/purposes/0'],
    ['a notice for what needs no consent', 'purposes: [analytics]', 'purposes: [support]', 'consent_not_needed', 'support', '/notices/consent/1/purposes/0'],
    ['a mail that is both', 'value: [account, billing, security]', 'value: [account, product_news]', 'message_class_ambiguous', 'product_news', '/messages/transactional/classes/value/1'],
    ['a calendar that does not exist', 'holidays: { country: IN', 'holidays: { country: XX', 'holidays_unknown', 'XX', '/calendar/holidays/country'],
    ['a plan nobody offers', 'defaultPlan: { value: regulated', 'defaultPlan: { value: gold', 'plan_unknown', 'gold', '/audit/defaultPlan/value'],
  ])('%s is named with its line', (_, from, to, code, text, pointer) => {
    const issue = broken(from, to).find((i) => i.code === code);
    expect(issue, `no ${code}`).toBeDefined();
    expect(issue?.pointer).toBe(pointer);
    expect(issue?.text.startsWith(text), `${issue?.line}:${issue?.column} ${issue?.text}`).toBe(true);
  });

  it.each([
    ['a section', 'clocks:', 'clock:', 'the format knows no key "clock" in the pack; did you mean "clocks"?'],
    ['a key in a section', ACKNOWLEDGE, 'acknowlegde: { value: P2BD, source: AJU-39 }', 'the format knows no key "acknowlegde" in clocks; did you mean "acknowledge"?'],
    ['a key in a list', '- category: contact', '- categroy: contact', 'the format knows no key "categroy" in retention[0]; did you mean "category"?'],
    ['a key in a value', 'resolve: { value:', 'resolve: { valeu:', 'the format knows no key "valeu" in clocks.resolve; did you mean "value"?'],
    ['nothing near', 'clocks:', 'deadlines:', 'the format knows no key "deadlines" in the pack'],
  ])('%s that is misspelt is told with the key that was meant', (_, from, to, message) => {
    expect(broken(from, to).map((issue) => issue.message)).toContain(message);
  });

  it('AJU-10: a legitimate interest is refused as a basis in India', () => {
    const [issue] = broken('IN: { basis: legitimate_use, reference: DPDP 7(d)', 'IN: { basis: legitimate_interest, reference: GDPR 6(1)(f)');
    expect(issue).toMatchObject({ code: 'basis_not_allowed', pointer: '/purposes/4/bases/IN/basis' });
    expect(issue?.message).toContain('known: consent, legitimate_use');
  });

  it('an undeclared schedule is told at the category that would be kept for ever', () => {
    const found = broken('- category: orders', '- category: ordrs').find((i) => i.code === 'category_unscheduled');
    expect(found).toMatchObject({ pointer: '/dataCategories/1/id', text: 'orders' });
  });

  it('a duplicate key is an error, not the later one winning', () => {
    expect(broken('isolation: {', 'schema: x\nisolation: {')).toMatchObject([{ code: 'yaml_duplicate_key', text: 'schema: x' }]);
  });

  it('anchors are refused', () => {
    expect(broken('value: refused', 'value: &r refused')).toMatchObject([{ code: 'yaml_alias' }]);
  });

  it('broken YAML is reported where it breaks', () => {
    const [issue] = broken('isolation: { value: role', 'isolation: { value: [role');
    expect(issue).toMatchObject({ code: 'yaml_syntax', line: AJUNI.slice(0, AJUNI.indexOf('isolation:')).split('\n').length });
  });

  it('an issue prints as a compiler would', () => {
    const [issue] = broken('isolation: { value: role', 'isolation: { value: rolle');
    if (!issue) throw new Error('no issue');
    expect(formatPackIssue(issue)).toBe(
      `broken.yaml:${issue.line}:21 value_invalid: isolation.value: expected one of "role"|"login", got "rolle"`,
    );
  });

  it('several mistakes come in the order of the text', () => {
    const lines = broken(/P30D/g, 'thirty').map((i) => i.line);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });
});

describe('text that is no pack', () => {
  it('says so when there is none', () => {
    const parsed = parsePack(' \n');
    expect(parsed.ok ? [] : parsed.issues.map((issue) => issue.message)).toEqual([expect.stringContaining('there is nothing in it')]);
  });

  it.each([
    ['nothing', '', 'value_invalid'],
    ['a list', '- a', 'value_invalid'],
    ['a word', 'hello', 'value_invalid'],
    ['cut JSON', '{"schema":', 'yaml_syntax'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'yaml_syntax'],
    ['an unknown tag', 'schema: !!js/function x', 'yaml_syntax'],
    ['endless nesting', '['.repeat(50_000), 'yaml_syntax'],
    ['too much', ' '.repeat(1_100_000), 'pack_too_large'],
    ['a prototype', '__proto__: { admin: true }', 'key_unknown'],
  ])('%s is refused with a line and no exception', (_, text, code) => {
    const parsed = parsePack(text);
    if (parsed.ok) throw new Error('accepted');
    expect(parsed.issues.map((i) => i.code)).toContain(code);
    expect(parsed.issues.length).toBeLessThan(60);
    expect(parsed.issues.every((i) => i.line >= 1 && i.column >= 1)).toBe(true);
  });
});
