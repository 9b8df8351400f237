import { holderIdOf } from '@heed/auth';
import type { Call } from '@heed/http';
import { conflict } from '@heed/kernel';

/** @throws HeedError `own_access` where somebody would decide about their own roles */
export function refuseOwn(call: Call, holderId: string): void {
  if (holderIdOf(call.tenant, call.actor) === holderId) throw conflict('own_access', 'Nobody decides about their own access: ask another administrator.');
}
