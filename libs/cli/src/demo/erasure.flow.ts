import { connect } from '../system/api.js';
import { stepUp } from '../system/step-up.js';
import { followDispatch, until } from './follow.js';
import { Mailbox } from './mailbox.js';
import type { Story } from './story.js';

interface Request {
  readonly id: string;
  readonly state: string;
  readonly clocks: { readonly acknowledgeBy: string | null; readonly due: string };
  readonly dispatchIds: readonly string[];
  readonly certificateId?: string | null;
  /** The person's own page, which needs no token. */
  readonly statusUrl?: string;
}

/** Flow 2: a person asks to be forgotten; a human approves; every store erases, looks again and signs. */
export async function erasureFlow(story: Story, tenant: string, email: string, mailSink: string): Promise<void> {
  const api = await connect(tenant, ['platform', 'dpo']);
  const mailbox = new Mailbox(mailSink, email);
  const before = (await mailbox.mails()).length;
  story.flow(`2  Erasure: ${email} asks to be forgotten`);
  const request = await api.post<Request>('/v1/requests', {
    type: 'erase',
    subject: { identifiers: [{ type: 'email', value: email }] },
    channel: 'api',
    message: 'Please delete what you have about me.',
  });
  story.say(`request ${request.id}: ${request.state}, due ${request.clocks.due}`);
  story.say(`mail to the person: "${(await mailbox.next(before)).subject}"`);
  const at = `/v1/requests/${request.id}`;
  await api.post(`${at}/verify`, { method: 'operator_attested', note: 'known by account' });
  const proof = await stepUp(tenant, 'request.approve', request.id);
  story.say(`stepped up for request.approve on this request alone, with a ${proof.label ?? proof.method}`);
  await api.act(`${at}/approve`, { note: 'checked' }, proof.token);
  story.say('verified and approved by a person');
  const working = await until('the dispatch of the erasure', async () => {
    const now = await api.get<Request>(at);
    return now.dispatchIds.length > 0 ? now : undefined;
  });
  for (const id of working.dispatchIds) await followDispatch(api, story, 'erasure', id);
  const closed = await until('the end of the request', async () => {
    const now = await api.get<Request>(at);
    return now.state === 'closed' ? now : undefined;
  });
  story.say(`closed; the person reads it at ${closed.statusUrl ?? api.origin}`);
  story.say(`the certificate: npx heed request certificate ${request.id}${tenant === 'ajuni' ? '' : ` --tenant ${tenant}`}`);
}
