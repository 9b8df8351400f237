import { MAX_LIFETIME_SECONDS } from '@heed/auth';
import { parseDuration } from '@heed/policy';
import { z } from 'zod';

/** The one part of a pack that is read here, so that a pack of a newer form changes nothing. */
const withLifetime = z.looseObject({ security: z.looseObject({ accessTokenTtl: z.looseObject({ value: z.string() }) }) });

/** The longest life of an access token that a pack allows, in seconds; a quarter of an hour is the most that any may (ASK-18). */
export function tokenSeconds(pack: Readonly<Record<string, unknown>>): number {
  const read = withLifetime.safeParse(pack);
  if (!read.success) return MAX_LIFETIME_SECONDS;
  const duration = parseDuration(read.data.security.accessTokenTtl.value);
  if (duration.kind === 'business_days' || duration.years + duration.months + duration.weeks + duration.days > 0) return MAX_LIFETIME_SECONDS;
  const seconds = (duration.hours * 60 + duration.minutes) * 60 + duration.seconds;
  return Math.max(1, Math.min(seconds, MAX_LIFETIME_SECONDS));
}
