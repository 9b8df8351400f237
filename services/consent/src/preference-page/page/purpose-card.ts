import { html } from '@heed/certificate';
import type { Html } from '@heed/certificate';
import type { Words } from '../words/words.js';
import { nameOf } from './view.js';
import type { PurposeView } from './view.js';

export interface CardContext {
  readonly words: Words;
  /** Where the form goes. */
  readonly action: string;
  /** The purpose that was just changed: the keyboard is back where it was. */
  readonly changed: string | undefined;
  date(at: Date): string;
}

/** A purpose with a switch. The switch is a submit button, so that it works without script and by keyboard alone. */
export function switchCard(purpose: PurposeView, context: CardContext): Html {
  const { words, action, changed } = context;
  const { on, domain } = purpose;
  const id = keyOf(purpose);
  return html`<section class="card choice" aria-labelledby="title-${id}">
<h3 id="title-${id}"${foreign(words)}>${purpose.title}</h3>
<form method="post" action="${action}"><input type="hidden" name="purpose" value="${purpose.id}">${domain === '' ? html`` : html`<input type="hidden" name="domain" value="${domain}">`}<input type="hidden" name="choice" value="${on ? 'no' : 'yes'}">${on ? html`` : html`<input type="hidden" name="notice" value="${nameOf(purpose.notice)}">`}
<span aria-hidden="true">${on ? words.on : words.off}</span>
<button class="switch" role="switch" aria-checked="${String(on)}" aria-labelledby="title-${id}" aria-describedby="stand-${id}"${changed === id ? html` autofocus` : html``}></button></form>
<p class="soft"${foreign(words)}>${purpose.description}</p>
<p class="stand ${on ? 'yes' : 'no'}" id="stand-${id}">${standing(purpose, context)}</p>
${purpose.choice === 'objection' && on ? html`<p class="small soft">${words.objectionHint}</p>` : html``}${noticeOf(purpose, words)}
</section>`;
}

/** Names one switch of the page. */
export const keyOf = ({ id, domain }: Pick<PurposeView, 'id' | 'domain'>): string => (domain === '' ? id : `${id}@${domain}`);

/** A purpose that rests on something else than consent: what it is, and why it cannot be switched. */
export function groundItem(purpose: PurposeView, words: Words): Html {
  return html`<li><h3${foreign(words)}>${purpose.title}</h3><p class="soft"${foreign(words)}>${purpose.description}</p>
<p class="small"><strong>${words.basisTitle}:</strong> ${words.basis(purpose.basis)} (<span lang="en">${purpose.reference}</span>). ${words.notSwitchable}.</p></li>`;
}

function standing(purpose: PurposeView, { words, date }: CardContext): string {
  const { decided, validUntil, on, choice } = purpose;
  if (!decided) return choice === 'objection' ? `${words.basisTitle}: ${words.basis(purpose.basis)}` : words.undecided;
  const since = words.state(decided.state, date(decided.at));
  return on && validUntil ? `${since}, ${words.until(date(validUntil))}` : since;
}

/** Open where it is off: whoever switches it on has the words before them. */
function noticeOf({ notice, on }: PurposeView, words: Words): Html {
  if (!notice) return html``;
  return html`<details${on ? html`` : html` open`}><summary>${words.noticeTitle}</summary><p lang="${notice.language}">${notice.text}</p></details>`;
}

/** The policy's own words are English wherever the page is not. */
const foreign = (words: Words): Html => (words.language === 'en' ? html`` : html` lang="en"`);
