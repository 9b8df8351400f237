import { classified, identifier, subject } from '@heed/kernel';
import { z } from 'zod';

/** Why identifiers are taken for one person's: only a log-in takes a device from somebody else. */
export const linkReason = classified('none', z.enum(['login', 'verified', 'import']));
export type LinkReason = z.output<typeof linkReason>;

export const linkBody = z.strictObject({ identifiers: z.array(identifier).min(1).max(16), reason: linkReason.default('verified') });
export type LinkCall = z.output<typeof linkBody>;

/** Whoever `subject` names is behind `identifiers` too. */
export const identityLinkedBody = z.strictObject({ subject, identifiers: z.array(identifier).min(1).max(16), reason: linkReason });
export type IdentityLinked = z.output<typeof identityLinkedBody>;
