import fc from 'fast-check';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { appendLeaves } from './append.js';
import { EMPTY_ROOT, leafHash, nodeHash } from './hash.js';
import { consistencyProof, inclusionProof, inclusionProofs } from './proofs.js';
import { rootAt } from './root.js';
import { RunningRoot } from './running-root.js';
import type { ReadTile, TileId } from './tile.js';
import { tilesOf } from './tile.js';
import { verifyConsistency, verifyInclusion } from './verify.js';

const nameOf = ({ level, index }: TileId): string => `${level}/${index}`;

/** A tree in memory, appended in batches as a sequencer does. */
class Tree {
  readonly tiles = new Map<string, Buffer>();
  size = 0;
  root = EMPTY_ROOT;
  readonly read: ReadTile = (wanted) => Promise.resolve(wanted.map((tile) => this.tiles.get(nameOf(tile)) ?? Buffer.alloc(0)));

  async append(hashes: readonly Buffer[]): Promise<void> {
    const { size, root, tiles } = await appendLeaves(this.size, hashes, this.read);
    for (const tile of tiles) this.tiles.set(nameOf(tile), tile.hashes);
    [this.size, this.root] = [size, root];
  }
}

/** RFC 6962's definition, word for word. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (!first) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, middle)), naiveRoot(leaves.slice(middle)));
}

const numbered = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
async function treeOf(hashes: readonly Buffer[], splits: readonly number[] = []): Promise<Tree> {
  const tree = new Tree();
  const cuts = [0, ...[...splits].sort((a, b) => a - b), hashes.length];
  for (const [i, cut] of cuts.slice(1).entries()) await tree.append(hashes.slice(cuts[i], cut));
  return tree;
}
const size = fc.integer({ min: 1, max: 2000 });
const flipped = (hash: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(hash);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

/** The inputs and roots that the implementations of Certificate Transparency are tested with. */
const CT_LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => Buffer.from(hex, 'hex'));
const CT_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
/** [leaf, tree size, hashes] of the same tests, counted from 0. */
const CT_INCLUSION: readonly (readonly [number, number, readonly string[]])[] = [
  [0, 1, []],
  [0, 8, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4']],
  [5, 8, ['bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [1, 5, ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b']],
];
const CT_CONSISTENCY: readonly (readonly [number, number, readonly string[]])[] = [
  [1, 1, []],
  [1, 8, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4']],
  [6, 8, ['0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
  [2, 5, ['5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b']],
];

describe('the vectors of Certificate Transparency', () => {
  it('give the known root for every size', async () => {
    for (const [i, root] of CT_ROOTS.entries()) {
      expect((await treeOf(CT_LEAVES.slice(0, i + 1).map(leafHash))).root.toString('hex')).toBe(root);
    }
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('give the known proofs', async () => {
    const tree = await treeOf(CT_LEAVES.map(leafHash));
    for (const [leaf, leaves, hashes] of CT_INCLUSION) {
      expect((await inclusionProof(leaf, leaves, tree.read)).map((hash) => hash.toString('hex'))).toEqual(hashes);
    }
    for (const [from, to, hashes] of CT_CONSISTENCY) {
      expect((await consistencyProof(from, to, tree.read)).map((hash) => hash.toString('hex'))).toEqual(hashes);
    }
  });
});

describe('a tree in tiles', () => {
  it('has the root of its definition, in whatever batches it was appended', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.array(fc.nat(2000), { maxLength: 6 }), async (count, cuts) => {
        const leaves = numbered(count);
        const tree = await treeOf(leaves, cuts.filter((cut) => cut <= count));
        expect(tree.root).toEqual(naiveRoot(leaves));
        const running = new RunningRoot();
        for (const leaf of leaves) running.append(leaf);
        expect(running.root()).toEqual(tree.root);
      }),
      { numRuns: 60 },
    );
  });

  it('answers for every earlier size too', async () => {
    const leaves = numbered(700);
    const tree = await treeOf(leaves, [1, 255, 256, 257, 511, 513]);
    for (const earlier of [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 640, 699, 700]) {
      expect(await rootAt(earlier, tree.read)).toEqual(naiveRoot(leaves.slice(0, earlier)));
    }
  });

  it('has the tiles of its size: three levels above 65,536 leaves', async () => {
    const tree = await treeOf(numbered(65_536 + 300), [40_000]);
    const tiles = [...tilesOf(tree.size)];
    expect(tiles.map(nameOf).sort()).toEqual([...tree.tiles.keys()].sort());
    for (const tile of tiles) expect(tree.tiles.get(nameOf(tile))?.length).toBe(tile.width * 32);
    expect(tiles.at(-1)).toEqual({ level: 2, index: 0, width: 1 });
    expect(await rootAt(65_536, tree.read)).toEqual(tree.tiles.get('2/0'));
    expect(tree.root).toEqual(naiveRoot(numbered(tree.size)));
  });

  it('refuses proofs of what it does not hold', async () => {
    const tree = await treeOf(numbered(5));
    for (const ask of [() => inclusionProof(5, 5, tree.read), () => inclusionProof(-1, 5, tree.read), () => consistencyProof(6, 5, tree.read)]) {
      await expect(ask()).rejects.toMatchObject({ code: 'index_outside' });
    }
    await expect(inclusionProof(0, 600, tree.read)).rejects.toMatchObject({ code: 'tile_short' });
  });
});

describe('an inclusion proof', () => {
  it('holds for every leaf of any tree, and for nothing that differs in one bit', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(), async (count, which, bit) => {
        const leaves = numbered(count);
        const tree = await treeOf(leaves);
        const index = which % count;
        const leaf = leaves[index] ?? EMPTY_ROOT;
        const proof = await inclusionProof(index, count, tree.read);
        const claim = { index, size: count, leafHash: leaf, proof, root: tree.root };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: flipped(leaf, bit % 256) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: flipped(tree.root, bit % 256) })).toBe(false);
        for (const [at, step] of proof.entries()) {
          expect(verifyInclusion({ ...claim, proof: proof.with(at, flipped(step, bit % 256)) })).toBe(false);
          expect(verifyInclusion({ ...claim, proof: proof.toSpliced(at, 1) })).toBe(false);
        }
        expect(verifyInclusion({ ...claim, proof: [...proof, leaf] })).toBe(false);
        for (const other of [index - 1, index + 1, bit % count]) {
          expect(verifyInclusion({ ...claim, index: other })).toBe(other === index);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('holds for all leaves of all small trees, made one by one or together', async () => {
    for (let count = 1; count <= 40; count += 1) {
      const leaves = numbered(count);
      const tree = await treeOf(leaves);
      const together = await inclusionProofs(leaves.map((_, index) => index), count, tree.read);
      for (const [index, leaf] of leaves.entries()) {
        const proof = await inclusionProof(index, count, tree.read);
        expect(together[index]).toEqual(proof);
        for (let other = 0; other < count; other += 1) {
          expect(verifyInclusion({ index: other, size: count, leafHash: leaf, proof, root: tree.root })).toBe(other === index);
        }
      }
    }
  });

  it('cannot be claimed for another size with that size’s root', async () => {
    const leaves = numbered(300);
    const tree = await treeOf(leaves);
    for (const [index, count] of [[0, 3], [7, 200], [255, 256], [256, 257]] as const) {
      const proof = await inclusionProof(index, count, tree.read);
      for (const other of [count - 1, count + 1, 300]) {
        const claim = { index, size: other, leafHash: leaves[index] ?? EMPTY_ROOT, proof, root: await rootAt(other, tree.read) };
        expect(verifyInclusion(claim)).toBe(false);
      }
    }
  });

  it('is judged alike by another implementation', async () => {
    const verifyElsewhere = sigstoreMerkle();
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.boolean(), async (count, which, spoil) => {
        const bodies = Array.from({ length: count }, (_, i) => Buffer.from(`body ${i}`));
        const tree = await treeOf(bodies.map(leafHash));
        const index = which % count;
        const good = await inclusionProof(index, count, tree.read);
        const proof = spoil && good.length > 0 ? good.with(which % good.length, EMPTY_ROOT) : good;
        const body = bodies[index] ?? Buffer.alloc(0);
        const ours = verifyInclusion({ index, size: count, leafHash: leafHash(body), proof, root: tree.root });
        expect(verifyElsewhere(body, index, count, proof, tree.root)).toBe(ours);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a consistency proof', () => {
  it('holds between all sizes of small trees, and only for their roots', async () => {
    const leaves = numbered(48);
    const tree = await treeOf(leaves);
    const roots = await Promise.all(Array.from({ length: 49 }, (_, count) => rootAt(count, tree.read)));
    for (let to = 0; to <= 48; to += 1) {
      for (let from = 0; from <= to; from += 1) {
        const proof = await consistencyProof(from, to, tree.read);
        const claim = { from: { size: from, root: roots[from] ?? EMPTY_ROOT }, to: { size: to, root: roots[to] ?? EMPTY_ROOT }, proof };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, from: { ...claim.from, root: flipped(claim.from.root, 3) } })).toBe(false);
        expect(verifyConsistency({ ...claim, to: { ...claim.to, root: flipped(claim.to.root, 77) } })).toBe(from === 0 && to > 0);
        expect(verifyConsistency({ ...claim, proof: [...proof, EMPTY_ROOT] })).toBe(false);
        if (proof.length > 0) expect(verifyConsistency({ ...claim, proof: proof.slice(1) })).toBe(false);
      }
    }
  });

  it('holds in any tree, and fails when a bit of it or an earlier leaf is changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 2000 }), fc.nat(), fc.nat(), async (to, which, bit) => {
        const leaves = numbered(to);
        const from = 1 + (which % (to - 1));
        const tree = await treeOf(leaves);
        const proof = await consistencyProof(from, to, tree.read);
        const claim = { from: { size: from, root: await rootAt(from, tree.read) }, to: { size: to, root: tree.root }, proof };
        expect(verifyConsistency(claim)).toBe(true);
        for (const [at, step] of proof.entries()) expect(verifyConsistency({ ...claim, proof: proof.with(at, flipped(step, bit % 256)) })).toBe(false);
        const forged = await treeOf(leaves.with(bit % from, EMPTY_ROOT));
        const forgedClaim = { ...claim, to: { size: to, root: forged.root }, proof: await consistencyProof(from, to, forged.read) };
        expect(verifyConsistency(forgedClaim)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});

type Elsewhere = (body: Buffer, index: number, size: number, proof: readonly Buffer[], root: Buffer) => boolean;
function sigstoreMerkle(): Elsewhere {
  const { verifyMerkleInclusion } = createRequire(import.meta.url)('@sigstore/verify/dist/tlog/merkle.js') as {
    verifyMerkleInclusion: (entry: unknown, checkpoint: unknown) => void;
  };
  return (body, index, size, proof, root) => {
    try {
      verifyMerkleInclusion({ canonicalizedBody: body, inclusionProof: { logIndex: String(index), hashes: proof } }, { logSize: BigInt(size), logHash: root });
      return true;
    } catch {
      return false;
    }
  };
}
