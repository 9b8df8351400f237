import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits behind a prefix by which scanners for leaked secrets know it. */
export const newEnrolmentCode = (): string => `heed_enrol_${randomBytes(32).toString('base64url')}`;

/** What is kept of it: too random to be guessed from its hash. */
export const hashOfCode = (code: string): Buffer => createHash('sha256').update(code).digest();
