import { conflict } from '@heed/kernel';

export interface OfferedRecipient {
  readonly id?: string | undefined;
  readonly email: string;
  readonly name?: string | undefined;
  /** Blind index of the address, hexadecimal. */
  readonly index: string;
}

export interface KnownRecipient {
  readonly id: string;
  readonly index: string;
}

export interface PlannedRecipient {
  readonly id: string;
  readonly email: string;
  readonly name: string | undefined;
  readonly index: string;
  readonly change: 'added' | 'readdressed' | 'same_address';
}

/**
 * Which recipients are new and which are known already, by id or by address. The same call again plans no addition.
 * @throws HeedError `recipient_address_taken`: one address is one recipient of an audience
 */
export function planRecipients(offered: readonly OfferedRecipient[], known: readonly KnownRecipient[], newId: () => string): readonly PlannedRecipient[] {
  const byId = new Map(known.map((recipient) => [recipient.id, recipient]));
  const holder = new Map(known.map((recipient) => [recipient.index, recipient.id]));
  const plan = new Map<string, PlannedRecipient>();
  for (const { id: wanted, email, name, index } of offered) {
    const held = holder.get(index);
    const id = wanted ?? held ?? newId();
    if (held && held !== id) throw conflict('recipient_address_taken', `The address of recipient ${id} is that of recipient ${held}.`);
    const before = byId.get(id);
    const change = !before ? 'added' : before.index === index ? 'same_address' : 'readdressed';
    if (before && change === 'readdressed') holder.delete(before.index);
    holder.set(index, id);
    const planned = plan.get(id);
    plan.set(id, { id, email, name: name ?? planned?.name, index, change: planned && change === 'same_address' ? planned.change : change });
    byId.set(id, { id, index });
  }
  return [...plan.values()];
}

/** Enough to recognise one's own entry: `a…@example.com`. */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '…' : `${email.slice(0, 1)}…${email.slice(at)}`;
}
