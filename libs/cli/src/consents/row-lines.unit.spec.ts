import { describe, expect, it } from 'vitest';
import { columnsOf, parseMapping } from './mapping.js';
import { csvLine } from './record-csv.js';
import { linesOf } from './row-lines.js';
import type { Row, RowOrigin } from './row-lines.js';

const newsletter = parseMapping(
  {
    identifiers: { email: 'E-mail', phone: 'Phone' },
    purposes: { marketing_email: 'Newsletter', analytics: 'Statistics' },
    answers: { given: ['ja'], refused: ['nein'], withdrawn: ['abgemeldet'] },
    occurredAt: 'Date',
    dates: 'dmy',
    method: 'Source',
    jurisdiction: { value: 'in' },
    notice: { id: { value: 'signup' }, version: { value: '1' }, language: 'Language' },
  },
  'map.yaml',
);
const row = (cells: Row): Row => ({ 'E-mail': 'ada@example.com', Phone: '', Newsletter: '', Statistics: '', Date: '03.02.2025', Source: 'Web Form', Language: 'en', ...cells });
const monday: RowOrigin = { file: 'aa', row: 1 };
const read = (cells: Row, origin = monday): readonly Record<string, unknown>[] => linesOf(row(cells), newsletter, origin).map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a row', () => {
  it('is a line with its decisions, and one with its withdrawals', () => {
    const [set, withdrawal] = read({ Newsletter: 'JA', Statistics: 'abgemeldet' });
    expect(set).toMatchObject({
      subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] },
      decisions: [{ purpose: 'marketing_email', decision: 'given' }],
      occurredAt: '2025-02-03T00:00:00.000Z', jurisdiction: 'IN', method: 'web_form', notice: { id: 'signup', version: '1', language: 'en' },
    });
    expect(withdrawal).toMatchObject({ purposes: ['analytics'], channel: 'web_form' });
  });

  it('has the same key in the same place of the same file, and another in any other', () => {
    const key = (cells: Row, origin?: RowOrigin): unknown => read(cells, origin)[0]?.['id'];
    const first = key({ Newsletter: 'nein' });
    expect(key({ Newsletter: 'nein' })).toBe(first);
    expect(key({ Newsletter: 'nein' }, { ...monday, row: 2 })).not.toBe(first);
    expect(key({ Newsletter: 'nein' }, { ...monday, file: 'bb' })).not.toBe(first);
    expect(key({ Newsletter: 'ja' }), 'by a mended mapping').not.toBe(first);
  });

  it('without an answer is no line', () => {
    expect(read({})).toEqual([]);
  });

  it.each([
    ['names nobody', { 'E-mail': ' ' }, 'all its identifiers are empty'],
    ['answers in a word that nobody explained', { Newsletter: 'vielleicht' }, 'none of the words'],
    ['is of a day that there never was', { Date: '31.02.2025' }, 'dates: dmy'],
  ])('that %s is told so, without a cell of it', (_, cells: Row, why) => {
    const reading = (): unknown => linesOf(row({ Newsletter: 'ja', ...cells }), newsletter, monday);
    expect(reading).toThrow(why);
    expect(reading).not.toThrow(/ada@example.com|vielleicht/);
  });
});

describe('a mapping', () => {
  it('names its columns, so that a file without one is told before anything is sent', () => {
    expect(columnsOf(newsletter)).toEqual(['E-mail', 'Phone', 'Newsletter', 'Statistics', 'Language', 'Date', 'Source']);
  });

  it('that does not say who is meant, or what was decided, is no mapping', () => {
    expect(() => parseMapping({ purposes: { a: 'A' } }, 'map.yaml')).toThrow('map.yaml is no mapping: says who is meant');
    expect(() => parseMapping({ ref: 'ref' }, 'map.yaml')).toThrow('says what was decided');
  });
});

it('a cell that a spreadsheet would run is led by an apostrophe', () => {
  expect(csvLine(['=HYPERLINK("x")', 'a,b', null, true])).toBe('"\'=HYPERLINK(""x"")","a,b",,true\r\n');
});
