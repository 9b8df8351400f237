import { acknowledged } from '@heed/contracts-fanout';
import type { AcknowledgementBody } from '@heed/contracts-fanout';
import { mapActivated, mapProposed, policyActivated } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { generateAgentKeys, publicJwk, signBody } from '@heed/crypto';
import type { AgentKeys } from '@heed/crypto';
import { newEvent } from '@heed/kernel';
import type { Clock, DispatchOwner, HeedEvent, NewEvent } from '@heed/kernel';
import { packHash } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

const REGISTRY = '/heed/subprocessor-registry';

/** The stores of a tenant with their agent's real keys: what the registry says of them, and what the agent answers. */
export class TestStores {
  readonly keys: AgentKeys = generateAgentKeys();
  readonly stores: readonly DataStore[];
  #journal = 0;

  constructor(
    private readonly clock: Clock,
    ids: readonly string[],
  ) {
    this.stores = ids.map((id) => this.store(id));
  }

  store(id: string): DataStore {
    return {
      id, title: id, kind: 'postgres', maxBackupAge: 'P35D',
      agent: { signingKey: publicJwk(this.keys.signing), encryptionKey: publicJwk(this.keys.encryption) },
      map: {
        tables: [{ table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [{ column: 'email', category: 'contact' }], onErasure: 'erase' }],
        purposes: { marketing_email: { table: 'people', column: 'allowed', on: true, off: false } },
      },
    };
  }

  /** A map version as the registry proposes and activates it. */
  mapped(tenant: string, mapVersion = 1, stores = this.stores): readonly NewEvent<unknown>[] {
    const from = { source: REGISTRY, tenant, key: tenant, clock: this.clock };
    return [
      newEvent(mapProposed, { ...from, data: { mapVersion, stores: [...stores] } }),
      newEvent(mapActivated, { ...from, data: { mapVersion } }),
    ];
  }

  policy(tenant: string, pack: PolicyPack, version = 1): NewEvent<unknown> {
    const data = { version, hash: packHash(pack), effectiveFrom: this.clock.now().toISOString(), pack: pack as unknown as Record<string, unknown> };
    return newEvent(policyActivated, { source: REGISTRY, tenant, key: tenant, clock: this.clock, data });
  }

  /** A signed answer to a command. @param keys another agent's, to see them refused */
  answer(
    command: HeedEvent<Record<string, unknown>>,
    dataStore: string,
    said: Partial<AcknowledgementBody> = {},
    keys = this.keys,
  ): NewEvent<unknown> {
    const { dispatchId, ref, version, owner } = command.data as { dispatchId: string; ref: string; version: number; owner: DispatchOwner };
    this.#journal += 1;
    const rows = said.rows ?? 3;
    const body: AcknowledgementBody = {
      tenant: command.tenant, dispatchId, owner, dataStore, ref, version, commandId: command.id, outcome: 'done', assurance: 'verified',
      rows, residue: 0, tables: [{ table: 'people', rows, residue: 0, kept: [] }], reason: null, alreadyErased: false,
      journalPosition: this.#journal, completedAt: this.clock.now().toISOString(), ...said,
    };
    const data = { body, proof: signBody(body, keys.signing) };
    return newEvent(acknowledged, { source: '/heed/agent', tenant: command.tenant, key: ref, clock: this.clock, owner, data });
  }
}
