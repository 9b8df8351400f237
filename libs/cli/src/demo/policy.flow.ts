import { readFileSync } from 'node:fs';
import { policyPackFile } from '@heed/policy';
import { parseDocument } from 'yaml';
import { CliError } from '../output/cli-error.js';
import { connect } from '../system/api.js';
import { until } from './follow.js';
import { Mailbox } from './mailbox.js';
import type { Story } from './story.js';

interface Notice {
  readonly recipients: number;
  readonly delivered: number;
}

const DAY_MS = 86_400_000;

/** Flow 3: the policy changes; the difference is shown and every admin is told as early as the policy promises. */
export async function policyFlow(story: Story, tenant: string, mailSink: string): Promise<void> {
  const api = await connect(tenant, ['tenant-admin', 'dpo']);
  const admin = `admin@${tenant}.example`;
  story.flow(`3  Policy change: ${tenant} keeps support messages for a shorter time`);
  await api.post('/v1/notices/recipients', { recipients: [{ email: admin, language: 'en' }] });
  const versions = await api.get<{ items: readonly unknown[] }>('/v1/policies?limit=100');
  const pack = changedPack(tenant, versions.items.length);
  const mailbox = new Mailbox(mailSink, admin);
  const before = (await mailbox.mails()).length;
  const inDays = (days: number): string => encodeURIComponent(new Date(Date.now() + days * DAY_MS).toISOString());
  const refused = await api.post(`/v1/policies?effectiveFrom=${inDays(7)}`, pack).catch((error: unknown) => error);
  if (refused instanceof CliError) story.say(`in 7 days? ${refused.message}`);
  const { version, noticeId } = await api.post<{ version: number; noticeId: string }>(`/v1/policies?effectiveFrom=${inDays(45)}`, pack);
  story.say(`in 45 days: version ${version}, notice ${noticeId}`);
  const mail = await mailbox.next(before);
  story.say(`mail to ${admin}: "${mail.subject}"`);
  await until('the record of the delivery', async () => {
    const notice = await api.get<Notice>(`/v1/notices/${noticeId}`);
    return notice.recipients > 0 && notice.delivered === notice.recipients ? notice : undefined;
  });
  story.record({ flow: 'policy change', who: admin, what: 'told by mail', rows: '', residue: '', proof: 'delivery recorded', after: story.elapsed() });
}

/** The pack of the checkout with one number changed, another one each time, so that the demo can be run again. */
function changedPack(tenant: string, versions: number): string {
  const document = parseDocument(readFileSync(policyPackFile(tenant), 'utf8'));
  const rules = document.toJS() as { retention: readonly { category: string; keep: { value: string } }[] };
  const index = Math.max(0, rules.retention.findIndex((rule) => rule.category === 'support'));
  document.setIn(['retention', index, 'keep', 'value'], `P${12 + versions}M`);
  return document.toString();
}
