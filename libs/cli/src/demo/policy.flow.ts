import { readFileSync } from 'node:fs';
import { parsePack, policyPackFile, type PolicyPack } from '@heed/policy';
import { parseDocument } from 'yaml';
import { CliError } from '../output/cli-error.js';
import { connect, type Api } from '../system/api.js';
import { until } from './follow.js';
import { Mailbox } from './mailbox.js';
import type { Story } from './story.js';

interface Notice {
  /** `published` where the policy promises a page, `delivered` where it promises mail. */
  readonly state: string;
}

interface Published {
  readonly version: number;
  readonly noticeId: string;
}

const DAY_MS = 86_400_000;

/** Flow 3: the policy changes; the difference is shown and everybody is told as the policy promises. */
export async function policyFlow(story: Story, tenant: string, mailSink: string): Promise<void> {
  const api = await connect(tenant, ['tenant-admin', 'dpo']);
  const { channels, audience } = loadPack(tenant).notices.policyChange;
  const who = audience.map((group) => (group === 'public' ? 'the public' : group.replaceAll('_', ' '))).join(', ');
  story.flow(`3  Policy change: ${tenant} keeps support messages for a shorter time; it promises to tell ${who} by ${channels.join(' or ')}`);
  const byMail = channels.includes('email') ? await addRecipient(api, tenant, audience[0], mailSink) : undefined;
  const { items: versions } = await api.get<{ items: readonly { readonly effectiveFrom: string }[] }>('/v1/policies?limit=100');
  const last = Math.max(0, ...versions.map((one) => Date.parse(one.effectiveFrom)));
  const { version, noticeId, days } = await publish(api, story, changedPack(tenant, versions.length), last);
  story.say(`in ${days} days: version ${version}, notice ${noticeId}`);
  if (byMail !== undefined) story.say(`mail to ${byMail.address}: "${(await byMail.mailbox.next(byMail.before)).subject}"`);
  await until('the record of the notice', async () => {
    // It reaches the notifications service over Kafka, so at first nobody there knows it.
    const notice = await api.get<Notice>(`/v1/notices/${noticeId}`).catch((): Notice => ({ state: 'on its way' }));
    return ['delivered', 'published'].includes(notice.state) ? notice : undefined;
  });
  story.record({
    flow: 'policy change',
    who: byMail?.address ?? who,
    what: byMail === undefined ? 'notice published' : 'told by mail',
    rows: '',
    residue: '',
    proof: byMail === undefined ? 'publication recorded' : 'delivery recorded',
    after: story.elapsed(),
  });
}

/** Somebody to tell, and the mailbox in which it is seen. */
async function addRecipient(api: Api, tenant: string, audience: string | undefined, mailSink: string): Promise<{ address: string; mailbox: Mailbox; before: number }> {
  const address = `admin@${tenant}.example`;
  await api.post('/v1/notices/recipients', { audience, recipients: [{ email: address, name: 'Demo Admin' }] });
  const mailbox = new Mailbox(mailSink, address);
  return { address, mailbox, before: (await mailbox.mails()).length };
}

/**
 * Soon, to see whether the policy forbids it, and later if it does.
 * @param notBefore when the last announced version takes effect: versions do so in order
 */
async function publish(api: Api, story: Story, pack: string, notBefore: number): Promise<Published & { days: number }> {
  const inDays = (days: number): Promise<Published> => {
    const from = encodeURIComponent(new Date(Date.now() + days * DAY_MS).toISOString());
    return api.post<Published>(`/v1/policies?effectiveFrom=${from}`, pack);
  };
  try {
    return { ...(await inDays(7)), days: 7 };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    story.say(`in 7 days? ${error.message}`);
    const later = Math.max(45, Math.ceil((notBefore - Date.now()) / DAY_MS) + 1);
    return { ...(await inDays(later)), days: later };
  }
}

/** The pack of the checkout with one number changed, another one each time, so that the demo can be run again. */
function changedPack(tenant: string, versions: number): string {
  const document = parseDocument(readFileSync(policyPackFile(tenant), 'utf8'));
  const index = Math.max(0, loadPack(tenant).retention.findIndex((rule) => rule.category === 'support'));
  document.setIn(['retention', index, 'keep', 'value'], `P${12 + versions}M`);
  return document.toString();
}

function loadPack(tenant: string): PolicyPack {
  const file = policyPackFile(tenant);
  const parsed = parsePack(readFileSync(file, 'utf8'), { file });
  if (!parsed.ok) throw new CliError(`${file} is no policy pack: run "heed pack check ${file}".`);
  return parsed.pack;
}
