import { describe, expect, it } from 'vitest';
import { generateAgentKeys, publicJwk } from './keys.js';
import { canonicalJson, signBody, verifyBody } from './signature.js';

const { signing, encryption } = generateAgentKeys();
const body = { dataStore: 'crm', rows: 3, tables: [{ table: 'people', rows: 3 }] };

describe('a signed body', () => {
  it('is verified with the public half, in whatever order its members come', () => {
    const proof = signBody(body, signing);
    expect(verifyBody({ tables: [{ rows: 3, table: 'people' }], rows: 3, dataStore: 'crm' }, proof, publicJwk(signing))).toBe(true);
    expect(proof.kid).toBe(signing.kid);
  });

  it.each([
    ['a changed body', { ...body, rows: 2 }, {}, signing],
    ["another's key", body, {}, generateAgentKeys().signing],
    ['a key that cannot sign', body, {}, encryption],
    ['no signature', body, { signature: '' }, signing],
    ['text that is no signature', body, { signature: '§' }, signing],
  ])('is not verified with %s', (_, told, change, key) => {
    expect(verifyBody(told, { ...signBody(body, signing), ...change }, publicJwk(key))).toBe(false);
  });

  it('has one byte sequence (RFC 8785)', () => {
    expect(canonicalJson({ b: 1, a: [1e21, 'é', { d: null, c: true }] })).toBe('{"a":[1e+21,"é",{"c":true,"d":null}],"b":1}');
    expect(() => canonicalJson(undefined)).toThrow();
  });
});
