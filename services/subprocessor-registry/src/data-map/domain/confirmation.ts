/** Who sends dispatches and so must hold a map before it is used. */
export const MAP_OWNERS = ['consent', 'dsar', 'retention'] as const;
export type MapOwner = (typeof MAP_OWNERS)[number];

/** The latest version each owner holds; one that holds a version holds all before it. */
export type Confirmations = Readonly<Partial<Record<MapOwner, number>>>;

/** The newest version that every owner holds; 0 while there is none. */
export function confirmedByAll(confirmations: Confirmations): number {
  return Math.min(...MAP_OWNERS.map((owner) => confirmations[owner] ?? 0));
}

/** The owners that a version still waits for. */
export function missingFor(version: number, confirmations: Confirmations): readonly MapOwner[] {
  return MAP_OWNERS.filter((owner) => (confirmations[owner] ?? 0) < version);
}
