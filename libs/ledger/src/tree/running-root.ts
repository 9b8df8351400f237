import { EMPTY_ROOT, nodeHash } from './hash.js';
import { foldRight } from './subtree.js';

/** The root of leaves that come one by one, in the memory of one hash per tree level. */
export class RunningRoot {
  /** The complete subtrees so far, largest first. */
  readonly #subtrees: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(leafHash: Buffer): void {
    let node = leafHash;
    for (let full = this.#size; full % 2 === 1; full = Math.floor(full / 2)) {
      const left = this.#subtrees.pop();
      if (left) node = nodeHash(left, node);
    }
    this.#subtrees.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    return this.#size === 0 ? EMPTY_ROOT : foldRight(this.#subtrees);
  }
}
