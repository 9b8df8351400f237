/**
 * What may change without telling anyone: names and addresses, wording that binds nobody, the machinery's own numbers.
 * Everything else is material, so that a new section is material until somebody decides otherwise.
 */
const IMMATERIAL: readonly RegExp[] = [
  /^\/tenant\/(name|address|languages|contacts)(\/|$)/,
  /^\/calendar\/overrides(\/|$)/,
  /\/(title|description|examples)$/,
  /^\/subprocessors\/vendors\/[^/]+\/role$/,
  /\/authority\/(name|url)$/,
  /^\/clocks\/(warnBefore|duplicateWindow)(\/|$)/,
  /^\/requests\/channels\/[^/]+\/address$/,
  /^\/operations\/(?!dropAfterClosing)/,
  /^\/promises\/[^/]+\/(owner|group|kind)$/,
  /^\/schema$/,
];

/** True when people who were promised something must be told of a change at this path. */
export function isMaterial(path: string): boolean {
  return !IMMATERIAL.some((rule) => rule.test(path));
}
