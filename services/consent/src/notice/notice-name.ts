import { z } from 'zod';

/** A notice as a policy names it. */
export const noticeId = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
export const noticeVersion = z.string().regex(/^[0-9]{1,9}(\.[0-9]{1,9}){0,4}$/);
