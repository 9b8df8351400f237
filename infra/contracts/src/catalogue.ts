import { accessEvents } from '@heed/contracts-access';
import { consentEvents, consentStateEvents } from '@heed/contracts-consent';
import { dsarEvents } from '@heed/contracts-dsar';
import { acknowledged, commandEvents } from '@heed/contracts-fanout';
import { ingressEvents } from '@heed/contracts-ingress';
import { ledgerEvents } from '@heed/contracts-ledger';
import { notificationsEvents } from '@heed/contracts-notifications';
import { retentionEvents } from '@heed/contracts-retention';
import { registryEvents } from '@heed/contracts-subprocessor-registry';
import type { EventDefinition } from '@heed/kernel';

/** An event version with the folder under `libs/contracts` that owns it. */
export interface Contract {
  readonly owner: string;
  readonly definition: EventDefinition;
}

const EVENTS: Readonly<Record<string, readonly EventDefinition[]>> = {
  ingress: ingressEvents,
  fanout: [...commandEvents, acknowledged],
  consent: [...consentEvents, ...consentStateEvents],
  dsar: dsarEvents,
  retention: retentionEvents,
  'subprocessor-registry': registryEvents,
  notifications: notificationsEvents,
  access: accessEvents,
  ledger: ledgerEvents,
};

/** Every event that travels on Kafka. */
export const catalogue: readonly Contract[] = Object.entries(EVENTS).flatMap(([owner, definitions]) =>
  definitions.map((definition) => ({ owner, definition })),
);

/** Written by platform teams; everything else is written by Heed and its agents. */
export function isIngress(contract: Contract): boolean {
  return contract.owner === 'ingress';
}
