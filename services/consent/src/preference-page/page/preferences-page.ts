import { html } from '@heed/certificate';
import type { Html } from '@heed/certificate';
import type { Words } from '../words/words.js';
import { answersSection } from './answers-section.js';
import { framed } from './frame.js';
import { groundItem, keyOf, switchCard } from './purpose-card.js';
import type { PreferencesView } from './view.js';

export interface PageCall {
  /** `/u/{token}`. */
  readonly path: string;
  readonly words: Words;
  readonly offered: readonly Words[];
  /** The switch that was changed just now, or `all`. */
  readonly changed: string | undefined;
  /** The browser sends `Sec-GPC: 1`. */
  readonly signal: boolean;
}

/** Everything one person decides, on one page. */
export function preferencesPage(view: PreferencesView, { path, words, offered, changed, signal }: PageCall): string {
  const date = formatter(words, view.zone, { dateStyle: 'long' });
  const moment = formatter(words, view.zone, { dateStyle: 'long', timeStyle: 'short' });
  const here = (below: string): string => `${path}${below}?lang=${words.language}`;
  // What asks for a yes comes first, then what may be objected to.
  const choices = (['consent', 'objection'] as const).flatMap((kind) => view.purposes.filter(({ choice }) => choice === kind));
  const others = view.purposes.filter((purpose) => purpose.choice === 'none');
  const context = { words, action: here('/choices'), changed, date };
  return framed(
    {
      words, tenant: view.tenant, title: words.title, refreshes: true,
      languages: offered.map((other) => ({ words: other, href: `${path}?lang=${other.language}` })),
    },
    html`<h1>${words.title}</h1><p class="lead">${words.lead(view.tenant)}</p>
${said(view, words, changed)}${signal ? signalNote(view, words) : html``}
<h2>${words.yourChoices}</h2>
${choices.map((purpose) => switchCard(purpose, context))}
${withdrawAll(view, words, here('/withdraw-all'))}
${answersSection(view.changes, words, here(''), moment)}
${others.length === 0 ? html`` : html`<h2>${words.withoutAsking}</h2><p class="soft">${words.withoutAskingLead}</p><div class="card"><ul class="facts">${others.map((one) => groundItem(one, words))}</ul></div>`}
<h2>${words.receiptsTitle}</h2>
<div class="card row"><div><p class="soft">${words.receiptsLead}</p><p class="small"><a href="${path}/receipts" download>${words.receiptsAll}</a></p></div>
<form method="post" action="${path}/receipts"><button class="action">${words.receipts}</button></form></div>
<footer><h2>${words.contactTitle}</h2><p>${words.contact(view.controller)} <a href="mailto:${view.contact}">${view.contact}</a>.</p>
<p class="small soft">${words.expires(date(view.expiresAt))}</p></footer>`,
  );
}

function said(view: PreferencesView, words: Words, changed: string | undefined): Html {
  const purpose = view.purposes.find((one) => keyOf(one) === changed);
  const text = changed === 'all' ? words.changedAll : purpose && words.changed(purpose.title, purpose.on);
  return text === undefined ? html`` : html`<p class="said" role="status">${text}</p>`;
}

function signalNote(view: PreferencesView, words: Words): Html {
  const on = view.purposes.some((purpose) => purpose.signalled && purpose.on);
  return html`<div class="signal" role="note" aria-labelledby="signal-title"><h2 id="signal-title">${words.gpcTitle}</h2><p>${on ? words.gpcOn : words.gpcOff}</p></div>`;
}

function withdrawAll(view: PreferencesView, words: Words, action: string): Html {
  const any = view.purposes.some((purpose) => purpose.choice === 'consent' && purpose.on);
  if (!any) return html`<p class="soft card">${words.nothingOn}</p>`;
  return html`<section class="card row" aria-labelledby="all-title"><div><h3 id="all-title">${words.withdrawAllTitle}</h3><p class="soft">${words.withdrawAllLead}</p></div>
<form method="post" action="${action}"><button class="action">${words.withdrawAll}</button></form></section>`;
}

/** Dates as people of the tenant's zone read them. */
function formatter(words: Words, zone: string, options: Intl.DateTimeFormatOptions): (at: Date) => string {
  const format = new Intl.DateTimeFormat(words.language === 'en' ? 'en-GB' : `${words.language}-IN`, { ...options, timeZone: zone });
  return (at) => format.format(at);
}
