import { HeedError } from '@heed/kernel';

/** Uploads at once: each keeps a connection of the pool busy, and single calls need some too. */
const MOST = 8;
/** Of one tenant, so that none takes them all. */
const MOST_OF_TENANT = 3;

/** How many uploads are under way, and whose. */
export class UploadSlots {
  private readonly taken = new Map<string, number>();

  /** @returns gives the slot back @throws HeedError `too_many_uploads` */
  take(tenant: string): () => void {
    const own = this.taken.get(tenant) ?? 0;
    const all = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
    if (own >= MOST_OF_TENANT || all >= MOST) {
      throw new HeedError({ kind: 'unavailable', code: 'too_many_uploads', detail: 'Other uploads are under way; try again.', retryAfterSeconds: 5 });
    }
    this.taken.set(tenant, own + 1);
    return () => {
      const left = (this.taken.get(tenant) ?? 1) - 1;
      if (left > 0) this.taken.set(tenant, left);
      else this.taken.delete(tenant);
    };
  }
}
