import { html } from '@heed/certificate';
import type { Html } from '@heed/certificate';
import type { Words } from '../words/words.js';
import { framed } from './frame.js';

/** How somebody can say no whose link opens nothing. */
export interface OtherWay {
  readonly tenant: string;
  readonly controller: string;
  /** The privacy address. */
  readonly address: string;
  /** The policy promises to act on a mail as on the link. */
  readonly byMail: boolean;
}

/**
 * The same for every token of a tenant that opens nothing, whatever the reason.
 * @param way left out where the token names no tenant that is served here
 */
export function unknownLinkPage(words: Words, way: OtherWay | undefined): string {
  const { title, lead, next, write } = words.unknown;
  const steps = way ? next : [...next, write];
  return framed(
    { words, tenant: way?.tenant, title },
    html`<h1>${title}</h1><p class="lead">${lead}</p><ol class="steps">${steps.map((step) => html`<li>${step}</li>`)}</ol>${way ? otherWay(way, words) : html``}`,
  );
}

function otherWay({ tenant, controller, address, byMail }: OtherWay, words: Words): Html {
  if (!byMail) return html`<footer><h2>${words.contactTitle}</h2><p>${words.contact(controller)} <a href="mailto:${address}">${address}</a>.</p></footer>`;
  const { mailTitle, mailLead } = words.unknown;
  return html`<section class="card"><h2>${mailTitle}</h2><p>${mailLead(tenant)}</p><p><a class="action" href="mailto:${address}?subject=unsubscribe">${address}</a></p></section>`;
}

/** A choice that the policy does not allow, such as a yes to profiling for a child. */
export function refusedPage(words: Words, tenant: string, reason: string, back: string): string {
  return framed(
    { words, tenant, title: words.refusedTitle },
    html`<h1>${words.refusedTitle}</h1><p class="lead">${words.refusedLead}</p><div class="card"><p lang="en">${reason}</p></div><p><a href="${back}">${words.back}</a></p>`,
  );
}
