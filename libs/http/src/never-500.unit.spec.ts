import { describe, expect, it } from 'vitest';
import { parseJson } from './body.js';
import { readCursor } from './cursor.js';
import { asHeedError, problemOf } from './problem.js';

const cursor = (text: string): string => Buffer.from(text).toString('base64url');

describe('what a caller sends is never a 500', () => {
  it.each([
    ['half a character', '{"name":"x\\ud800"}'],
    ['half a character in a name', '{"\\udc00x":1}'],
    ['a NUL character', '{"name":"\\u0000"}'],
    ['half a document', '{"name":'],
    ['a tower of brackets', `${'['.repeat(101)}${']'.repeat(101)}`],
  ])('%s in a body is refused', (_, text) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(expect.objectContaining({ kind: 'malformed', code: 'json_malformed' }));
  });

  it('brackets in a text are no depth', () => {
    const text = `\\"${'['.repeat(1000)}\\\\`;
    expect(parseJson(Buffer.from(`{"note":"${text}","deep":${'['.repeat(99)}${']'.repeat(99)}}`))).toMatchObject({ note: `"${'['.repeat(1000)}\\` });
  });

  it('a whole character of two escapes is read', () => {
    expect(parseJson(Buffer.from('{"name":"\\ud83d\\ude00"}'))).toEqual({ name: '😀' });
  });

  it.each(['before:x', 'after:a\0b', 'x'])('a cursor of %j is refused', (text) => {
    expect(() => readCursor(cursor(text))).toThrow(expect.objectContaining({ code: 'cursor_malformed' }));
  });

  it('a value that the database cannot hold is refused', () => {
    const error = Object.assign(new Error('date/time field value out of range'), { code: '22008' });
    expect(problemOf(asHeedError(error))).toMatchObject({ status: 400, code: 'value_out_of_range' });
    expect(problemOf(asHeedError(Object.assign(new Error('deadlock'), { code: '40P01' })))).toMatchObject({ status: 500 });
  });
});
