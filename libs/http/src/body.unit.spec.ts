import { isHeedError, subject } from '@heed/kernel';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseBody } from './body.js';

it('a body without a person says how one is named', () => {
  let thrown: unknown;
  try {
    parseBody(z.strictObject({ subject }), {});
  } catch (error) {
    thrown = error;
  }
  expect(isHeedError(thrown) ? thrown.errors : thrown).toEqual([
    { pointer: '/subject', code: 'invalid_union', detail: 'say who is meant: {"identifiers": [{"type": "email", "value": "…"}]} or {"ref": "sub_…"}' },
  ]);
});
