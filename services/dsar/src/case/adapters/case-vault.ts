import { conflict } from '@heed/kernel';
import { orderShreds } from '@heed/key-store';
import type { DataKey, FieldVault, Place } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { isOver } from '../domain/request-state.js';
import type { RequestState } from '../domain/request-state.js';

/** What of a case is sealed under the case's own key. */
export type CaseField = 'message' | 'note' | 'identifiers';

interface SealedWord {
  readonly requestId: string;
  readonly field: CaseField;
  readonly sealed: Buffer;
}

interface WithToken {
  readonly id: string;
  readonly status_token: Buffer;
}

/** A case's words under a key of its own; the way to its status page under the tenant's, so that the page outlives the words. */
export class CaseVault {
  constructor(private readonly vault: FieldVault) {}

  /** Keys for cases that are about to be opened, and the one for their tokens. */
  async forNew(tenant: string, count: number): Promise<{ readonly keys: readonly DataKey[]; readonly tokens: DataKey }> {
    return { keys: await this.vault.newKeys(tenant, count), tokens: await this.tokenKey(tenant) };
  }

  seal(key: DataKey, requestId: string, field: CaseField, text: string): Buffer {
    return this.vault.seal(key, placeOf(key.tenant, requestId, field), text);
  }

  sealToken(key: DataKey, requestId: string, token: string): Buffer {
    return this.vault.seal(key, tokenPlace(key.tenant, requestId), token);
  }

  /**
   * A note of somebody who works the case. The caller holds its lock.
   * @throws HeedError `case_forgotten` where the case is over and its key gone: a note under a new key would stay for good
   */
  async note(tx: Tx, request: { readonly id: string; readonly key_id: string | null; readonly state: RequestState }, text: string): Promise<Buffer> {
    const { id, key_id: keyId, state } = request;
    const known = keyId && (await this.vault.keys(tx.tenant, [keyId])).get(keyId);
    if (known) return this.seal(known, id, 'note', text);
    if (isOver(state)) throw conflict('case_forgotten', 'The case is over and what was written in it is destroyed; nothing can be added to it.');
    const [key] = await this.vault.newKeys(tx.tenant, 1);
    if (!key) throw new Error('unreachable: one key was asked for');
    await tx.query('UPDATE request SET key_id = $2 WHERE id = $1', [id, key.id]);
    return this.seal(key, id, 'note', text);
  }

  /** In the order asked, by one query at most; undefined where the case's key is destroyed. */
  open(tenant: string, words: readonly SealedWord[]): Promise<readonly (string | undefined)[]> {
    return this.vault.open(tenant, words.map(({ requestId, field, sealed }) => ({ place: placeOf(tenant, requestId, field), sealed })));
  }

  /** The status pages' tokens, by request. */
  async tokens(tenant: string, requests: readonly WithToken[]): Promise<ReadonlyMap<string, string>> {
    const opened = await this.vault.open(tenant, requests.map(({ id, status_token: sealed }) => ({ place: tokenPlace(tenant, id), sealed })));
    return new Map(requests.flatMap(({ id }, i) => (opened[i] === undefined ? [] : [[id, opened[i]] as const])));
  }

  async token(tenant: string, request: WithToken): Promise<string> {
    return (await this.tokens(tenant, [request])).get(request.id) ?? '';
  }

  /** Nobody needs these cases' words any more: what was written goes with the keys. */
  async shred(tx: Tx, requestIds: readonly string[]): Promise<void> {
    const rows = await tx.query<{ key_id: string; ref: string | null }>(
      `WITH c AS (SELECT id, key_id, ref FROM request WHERE id = ANY($1) AND key_id IS NOT NULL ORDER BY id FOR UPDATE)
       UPDATE request r SET key_id = NULL, message = NULL FROM c WHERE r.id = c.id RETURNING c.key_id, c.ref`,
      [requestIds],
    );
    await orderShreds(tx, rows.map(({ key_id: keyId, ref }) => ({ keyIds: [keyId], ...(ref ? { ref } : {}), reason: 'case_words_gone' })));
  }

  private tokenKey(tenant: string): Promise<DataKey> {
    return this.vault.useKey(tenant, 'status-token');
  }
}

export const placeOf = (tenant: string, requestId: string, field: CaseField): Place => ({ tenant, subject: requestId, type: 'request', field });
const tokenPlace = (tenant: string, requestId: string): Place => ({ tenant, subject: requestId, type: 'request', field: 'status-token' });
