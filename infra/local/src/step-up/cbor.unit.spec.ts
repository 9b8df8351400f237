import { expect, it } from 'vitest';
import { encodeCbor } from './cbor.js';

it.each([
  [0, '00'],
  [23, '17'],
  [24, '1818'],
  [500, '1901f4'],
  [-1, '20'],
  [-7, '26'],
  [-500, '3901f3'],
  ['IETF', '6449455446'],
  [new Uint8Array([1, 2, 3, 4]), '4401020304'],
  [[1, [2, 3]], '8201820203'],
  [new Map<number, number>([[1, 2], [3, 4]]), 'a201020304'],
  [new Map([['a', new Map([[-1, 'b']])]]), 'a16161a1206162'],
])('writes %o as RFC 8949 has it', (value, hex) => {
  expect(encodeCbor(value).toString('hex')).toBe(hex);
});
