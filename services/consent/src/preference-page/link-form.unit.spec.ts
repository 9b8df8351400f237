import { describe, expect, it } from 'vitest';
import { readForm } from './link-form.js';

const URLENCODED = 'application/x-www-form-urlencoded';
const part = (name: string, value: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

describe('a form', () => {
  it.each([
    [URLENCODED, 'List-Unsubscribe=One-Click'],
    [`${URLENCODED}; charset=utf-8`, 'List-Unsubscribe=One-Click&more=x'],
    [URLENCODED.toUpperCase(), 'List-Unsubscribe=One-Click&List-Unsubscribe=Other'],
    ['multipart/form-data; boundary=b', `${part('List-Unsubscribe', 'One-Click')}--b--\r\n`],
    ['multipart/form-data; boundary="b"', `${part('List-Unsubscribe', 'One-Click')}${part('List-Unsubscribe', 'Other')}--b--\r\n`],
  ])('is read from %s', async (type, body) => {
    expect((await readForm(type, body))['List-Unsubscribe']).toBe('One-Click');
  });

  it.each([
    [undefined, 'List-Unsubscribe=One-Click'],
    ['text/plain', 'List-Unsubscribe=One-Click'],
    ['multipart/form-data', 'List-Unsubscribe=One-Click'],
    ['multipart/form-data; boundary=b', 'nothing of the kind'],
    [URLENCODED, undefined],
    [URLENCODED, { 'List-Unsubscribe': 'One-Click' }],
  ])('is none as %s with %j', async (type, body) => {
    await expect(readForm(type, body)).rejects.toMatchObject({ code: 'form_malformed' });
  });

  it('takes no file for a field, and no name of a prototype for one', async () => {
    const file = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"; filename="x"\r\nContent-Type: text/plain\r\n\r\nOne-Click\r\n--b--\r\n';
    expect(await readForm('multipart/form-data; boundary=b', file)).toEqual({});
    const fields = await readForm(URLENCODED, '__proto__=x&constructor=y');
    expect(fields['List-Unsubscribe']).toBeUndefined();
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });
});
