import type { SignedCertificate } from '../certificate.js';
import type { NoticeCertificate } from '../kinds/notice.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { code, fact, facts, list, when } from './pieces.js';
import { counted } from './words.js';

const DURATION = /^P(\d+)([DWMY])$/;
const UNIT: Readonly<Record<string, string>> = { D: 'day', W: 'week', M: 'month', Y: 'year' };

export function noticeBody({ certificate: c }: SignedCertificate<NoticeCertificate>): Html {
  const { deliveries, notice } = c;
  const byMail = notice.channels.includes('email');
  return html`<p class="lead">${c.tenant.controller} certifies that version ${notice.policyVersion} of its privacy policy was announced
${byMail ? `to ${deliveries.delivered} of ${counted(deliveries.recipients, 'recipient')}` : `by ${notice.channels.join(' and ')}`}. ${inWords(c)}</p>
<h2>What changes</h2>
${notice.changes.length === 0 ? html`<p>No change was described.</p>` : list(notice.changes)}
<h2>Who was told</h2>
${facts(
  fact('Notice', code(notice.id)),
  fact('Announced', when(notice.announcedAt)),
  fact('By', `${notice.channels.join(notice.channelsNeeded === 'all' ? ' and ' : ' or ')}, to ${notice.audience.join(', ').replaceAll('_', ' ')}`),
  ...(byMail
    ? [
        fact('Delivered', `${deliveries.delivered} of ${counted(deliveries.recipients, 'recipient')}${deliveries.failed > 0 ? `; ${deliveries.failed} could not be reached` : ''}`),
        fact('First delivery', when(deliveries.first)),
        fact('Last delivery', when(deliveries.last)),
      ]
    : []),
  ...(notice.publishedAt ? [fact('Published', when(notice.publishedAt))] : []),
)}
<h2>The promise</h2>
${facts(
  fact('Promise', c.promise.id),
  fact('Promised time', c.promise.leadTime ? `${lengthInWords(c.promise.leadTime)}, counted from ${c.promise.countedFrom ?? 'the announcement'}` : 'none; only that it is told'),
  fact('Counted from', when(c.promise.from)),
  ...(c.promise.earliest ? [fact('Not before', when(c.promise.earliest))] : []),
  fact('Takes effect', when(notice.effectiveFrom)),
  fact('Days given', c.promise.daysGiven === null ? 'not recorded' : String(c.promise.daysGiven)),
  fact('Outcome', c.promise.outcome),
)}`;
}

function inWords({ promise, notice }: NoticeCertificate): string {
  const takes = `It takes effect on ${when(notice.effectiveFrom)}`;
  if (promise.outcome === 'running') return `${takes}; somebody has still to be told.`;
  const days = promise.daysGiven === null ? '' : `, ${counted(promise.daysGiven, 'day')} later`;
  const promised = promise.leadTime ? `${lengthInWords(promise.leadTime)} were promised (${promise.id})` : `that it is told was promised (${promise.id})`;
  return `${takes}${days}; ${promised}, and this was ${promise.outcome}.`;
}

/** @example lengthInWords('P30D') // '30 days' */
export function lengthInWords(iso: string): string {
  const [, n, unit] = DURATION.exec(iso) ?? [];
  return n && unit ? counted(Number(n), UNIT[unit] ?? unit) : iso;
}
