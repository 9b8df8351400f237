import { html } from '@heed/certificate';
import type { Html } from '@heed/certificate';
import type { Words } from '../words/words.js';
import type { ChangeView } from './view.js';

/** Where the latest changes are heeded. The script replaces what is inside of it, so nothing here depends on when it is shown. */
export function answersSection(changes: readonly ChangeView[], words: Words, again: string, moment: (at: Date) => string): Html {
  const waiting = changes.some((change) => change.answers.some(({ state }) => state === 'waiting' || state === 'late'));
  return html`<section id="answers" aria-live="polite" aria-labelledby="answers-title"${waiting ? html` data-waiting` : html``}>
<h2 id="answers-title">${words.answersTitle}</h2>
<p class="soft">${changes.length === 0 ? words.answersNone : words.answersLead}</p>
${changes.map((change) => changeCard(change, words, moment))}
${waiting ? html`<noscript><p><a href="${again}">${words.lookAgain}</a></p></noscript>` : html``}
</section>`;
}

function changeCard({ titles, on, at, answers }: ChangeView, words: Words, moment: (at: Date) => string): Html {
  const lines = answers.map(({ store, state }) => html`<li class="${state}"><span><strong>${store}</strong> ${words.answer(state)}</span></li>`);
  return html`<div class="card"><h3>${words.change(titles.join(', '), on, moment(at))}</h3>
${lines.length === 0 ? html`<p class="soft">${words.noStores}</p>` : html`<ul class="plain">${lines}</ul>`}</div>`;
}
