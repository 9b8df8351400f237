import type { Tx } from '@heed/persistence';
import type { MapSnapshot } from './targets.js';

export interface Reopened {
  readonly dispatch_id: string;
  readonly kind: string;
  readonly ref: string;
  readonly aliases: string[];
  readonly attempt: number;
}

/**
 * Makes the stores that are new in the map targets of every effective dispatch they must heed, and opens these again.
 * @param destructive kinds that are not sent before retention has cleared them anew
 */
export function addMissingTargets(tx: Tx, map: MapSnapshot, destructive: readonly string[]): Promise<readonly Reopened[]> {
  const stores = map.stores.map((store) => ({
    id: store.id,
    purposes: store.kind === 'http' ? store.map.purposes : Object.keys(store.map.purposes),
  }));
  return tx.query<Reopened>(
    `WITH missing AS (
       SELECT d.id, s.id AS store FROM dispatch d, jsonb_to_recordset($1::jsonb) AS s(id text, purposes jsonb)
        WHERE d.effective AND d.state <> 'cancelled' AND d.kind <> 'grant' AND d.kind <> 'hold_release'
          AND (d.kind <> 'withdrawal' OR EXISTS (
                SELECT 1 FROM jsonb_array_elements_text(s.purposes) AS p WHERE d.body->'purposes' ? p))
          AND NOT EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = d.id AND t.data_store = s.id)
        ORDER BY d.id FOR NO KEY UPDATE OF d),
     inserted AS (
       INSERT INTO dispatch_target (dispatch_id, data_store, state) SELECT id, store, 'pending' FROM missing RETURNING dispatch_id)
     UPDATE dispatch d SET state = 'in_progress', closed_at = NULL, map_version = $2, attempt = d.attempt + 1,
            send_at = CASE WHEN d.kind = ANY($4) THEN NULL ELSE $3::timestamptz END,
            clearance = CASE WHEN d.kind = ANY($4) THEN 'asked' ELSE d.clearance END
      WHERE d.id IN (SELECT dispatch_id FROM inserted) RETURNING d.id AS dispatch_id, d.kind, d.ref, d.aliases, d.attempt`,
    [JSON.stringify(stores), map.mapVersion, tx.clock.now(), destructive],
  );
}
