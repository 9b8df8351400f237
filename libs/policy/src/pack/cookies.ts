import type { PolicyPack } from './pack.schema.js';
import type { CookieClass } from './sections/consent.schema.js';

/**
 * The cookie classes of a policy. Where it has no such section, the classes of its purposes: what a purpose calls essential
 * is always set, anything else only with consent. Essential ones there are always: no page works without a session.
 */
export function cookieClasses(pack: PolicyPack): readonly CookieClass[] {
  const declared = pack.cookies ?? pack.purposes.flatMap((p) => (p.cookieClass ? [byDefault(p.cookieClass)] : []));
  const classes = new Map(declared.map((one) => [one.class, one]));
  return [...new Map<string, CookieClass>([['essential', classes.get('essential') ?? byDefault('essential')], ...classes]).values()];
}

/** The purposes that cookies of a class are set for. */
export function purposesOfCookies(pack: PolicyPack, cookieClass: CookieClass['class']): readonly string[] {
  return pack.purposes.filter((purpose) => purpose.cookieClass === cookieClass).map((purpose) => purpose.id);
}

function byDefault(name: CookieClass['class']): CookieClass {
  return { class: name, gate: name === 'essential' ? 'always' : 'consent', responsible: 'controller', source: 'operator_default' };
}
