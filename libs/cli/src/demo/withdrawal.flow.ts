import { connect } from '../system/api.js';
import { followDispatch, until } from './follow.js';
import type { Story } from './story.js';

interface Purposes {
  readonly items: readonly { readonly id: string; readonly basis: string }[];
  readonly notices: readonly { readonly id: string; readonly version: string; readonly languages: readonly string[] }[];
}

interface Stores {
  readonly items: readonly { readonly id: string; readonly map?: { readonly purposes?: unknown } }[];
}

/** Flow 1: a person says yes, then no, and every store that used the yes hears of both. */
export async function withdrawalFlow(story: Story, tenant: string, email: string): Promise<void> {
  const api = await connect(tenant, ['platform', 'dpo']);
  const subject = { identifiers: [{ type: 'email', value: email }] };
  const purposes = await api.get<Purposes>('/v1/purposes');
  const purpose = purposeOfMostStores(purposes, await api.get<Stores>('/v1/data-stores?limit=200'));
  const [notice] = purposes.notices;
  story.flow(`1  Withdrawal: ${email} no longer wants ${purpose}`);
  await api.post('/v1/consents', {
    subject,
    decisions: [{ purpose, decision: 'given' }],
    notice: { id: notice?.id, version: notice?.version, language: notice?.languages[0] },
    method: 'web_form',
    occurredAt: new Date().toISOString(),
  });
  const check = async (): Promise<boolean> => (await api.post<{ allowed: boolean }>('/v1/consents/check', { subject, purpose })).allowed;
  await until('the consent', async () => ((await check()) ? true : undefined));
  story.say(`consent given; may ${purpose} use the person? yes`);
  const { dispatchId } = await api.post<{ dispatchId: string }>('/v1/withdrawals', { subject, purposes: [purpose], channel: 'api' });
  story.say(`withdrawn as ${dispatchId}; may it still? ${(await check()) ? 'yes' : 'no'}`);
  await followDispatch(api, story, 'withdrawal', dispatchId);
}

/** The purpose by consent that the most data maps name, so that the most stores have something to do. */
function purposeOfMostStores(purposes: Purposes, stores: Stores): string {
  const byConsent = purposes.items.filter((purpose) => purpose.basis === 'consent').map((purpose) => purpose.id);
  const uses = (id: string): number => stores.items.filter((store) => JSON.stringify(store.map?.purposes ?? []).includes(`"${id}"`)).length;
  return byConsent.sort((one, other) => uses(other) - uses(one))[0] ?? '';
}
