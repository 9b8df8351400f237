import { tileRoot } from '../tree/append.js';
import { HASH_SIZE } from '../tree/hash.js';
import { RunningRoot } from '../tree/running-root.js';
import { hashAt, tilePath, TILE_WIDTH, tilesOf } from '../tree/tile.js';
import type { NamedCheckpoint, SignedCheckpoints } from './check-checkpoints.js';
import type { ExportFolder } from './export-folder.js';
import { fault } from './finding.js';
import type { Progress } from './verify-export.js';

/** The first tile that does not fit the one above it. */
interface Misfit {
  readonly tile: string;
  readonly index: number | undefined;
}

/** Rebuilds the tree from its leaf hashes, and compares it with every signed root and with every other tile. */
export async function checkTiles(folder: ExportFolder, { all, longest }: SignedCheckpoints, progress: Progress): Promise<void> {
  const tree = new RunningRoot();
  const good: NamedCheckpoint[] = [];
  const bad: NamedCheckpoint[] = [];
  const signed = new Map(all.map((checkpoint) => [checkpoint.size, checkpoint]));
  const judge = (): void => {
    const checkpoint = signed.get(tree.size);
    if (checkpoint) (tree.root().equals(checkpoint.root) ? good : bad).push(checkpoint);
  };
  judge();
  let misfit: Misfit | undefined;
  for (const tile of tilesOf(longest.size)) {
    const bytes = await folder.tile(tile);
    if (tile.level === 0) {
      for (let i = 0; i < tile.width; i += 1) {
        tree.append(bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE));
        judge();
      }
      progress('tiles', tree.size, longest.size);
    }
    if (!misfit && tile.width === TILE_WIDTH) {
      const above = { level: tile.level + 1, index: Math.floor(tile.index / TILE_WIDTH) };
      const parent = await folder.tile({ ...above, width: widthOf(above, longest.size) });
      const fits = hashAt(parent, tile.index % TILE_WIDTH).equals(tileRoot(bytes));
      if (!fits) misfit = { tile: tilePath(tile), index: tile.level === 0 ? tile.index * TILE_WIDTH : undefined };
    }
  }
  conclude(good, bad, misfit);
}

const widthOf = ({ level, index }: { level: number; index: number }, size: number): number =>
  Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);

function conclude(good: readonly NamedCheckpoint[], bad: readonly NamedCheckpoint[], misfit: Misfit | undefined): void {
  const [firstBad] = bad;
  const proven = good.at(-1);
  if (firstBad && proven && proven.size > firstBad.size) {
    const message = `The checkpoints contradict one another: the ledger proven by ${proven.where} (size ${proven.size}) never had the root that ${firstBad.where} signs for size ${firstBad.size}.`;
    fault('checkpoint_inconsistent', message, { between: [good.findLast(({ size }) => size < firstBad.size)?.size ?? 0, firstBad.size] });
  }
  if (firstBad) {
    const from = proven?.size ?? 0;
    const inRange = misfit?.index !== undefined && misfit.index + TILE_WIDTH > from && misfit.index < firstBad.size ? misfit : undefined;
    const tile = inRange?.tile ?? tilePath(tileAround(from, firstBad.size));
    const message = `${tile} was changed: up to record ${from} all is as it was signed, at size ${firstBad.size} (${firstBad.where}) it is not.`;
    fault('tile_changed', message, { tile, index: Math.max(inRange?.index ?? from, from), between: [from, firstBad.size] });
  }
  if (misfit) fault('tile_changed', `The tile above ${misfit.tile} was changed: the leaf hashes are those that were signed, and do not fit it.`, { tile: misfit.tile });
}

/** The tile of the leaf with that index, in a tree that may end within it. */
function tileAround(leaf: number, size: number): { level: 0; index: number; width: number } {
  const index = Math.floor(leaf / TILE_WIDTH);
  return { level: 0, index, width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH) };
}
