/** A slip of the finger: one or two letters, and not half of a short word. */
function isNear(distance: number, word: string): boolean {
  return distance <= Math.min(2, Math.max(1, Math.floor(word.length / 3)));
}

/**
 * The known word that somebody most likely meant, as the end of a message; nothing where none is near.
 * @example didYouMean('clock', ['clocks', 'cookies']) // '; did you mean "clocks"?'
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const lower = word.toLowerCase();
  const [best] = known.map((one) => ({ one, distance: editDistance(lower, one.toLowerCase()) })).sort((a, b) => a.distance - b.distance);
  return best && isNear(best.distance, word) ? `; did you mean "${best.one}"?` : '';
}

/** Letters put in, left out, exchanged, or swapped with their neighbour. */
function editDistance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 2) return 3;
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same, swapped ? at(row - 2, column - 2) + 1 : Infinity));
    }
  }
  return at(from.length, to.length);
}
