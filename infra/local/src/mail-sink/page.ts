import type { StoredMail } from './mail-store.js';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}ul{list-style:none;padding:0}li{padding:.6rem 0;border-bottom:1px solid #ddd}
small,dt{color:#555}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}
pre{font:inherit;white-space:pre-wrap;background:#f6f6f6;padding:1rem}`;

export function listPage(mails: readonly StoredMail[]): string {
  const rows = mails.map(
    (mail) =>
      `<li><a href="/messages/${mail.id}/page">${escape(mail.subject === '' ? '(no subject)' : mail.subject)}</a><br>` +
      `<small>${escape(mail.to.join(', '))} · ${time(mail.receivedAt)}</small></li>`,
  );
  return page('Mail', mails.length === 0 ? '<p>No mail has been sent yet.</p>' : `<ul>${rows.join('')}</ul>`);
}

/** Shown as text: what a mail's HTML would load or run has no place on this page. */
export function mailPage(mail: StoredMail): string {
  const head = `<dl><dt>From</dt><dd>${escape(mail.from)}</dd><dt>To</dt><dd>${escape(mail.to.join(', '))}</dd><dt>Received</dt><dd>${time(mail.receivedAt)}</dd></dl>`;
  return page(
    mail.subject === '' ? '(no subject)' : mail.subject,
    `${head}<pre>${withLinks(mail.text)}</pre><p><a href="/">all mail</a> · <a href="/messages/${mail.id}/raw">as it came</a></p>`,
  );
}

/** Only http and https become links; what a mail says stays text. The end of a sentence is no part of an address. */
function withLinks(text: string): string {
  const parts = text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/);
  return parts.map((part, index) => (index % 2 === 0 ? escape(part) : `<a href="${escape(part)}" rel="noreferrer noopener">${escape(part)}</a>`)).join('');
}

/** @example time('2026-11-21T10:00:00.000Z') // 21 November 2026, 10:00:00 UTC */
function time(iso: string): string {
  const day = new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `<time datetime="${escape(iso)}">${day}, ${escape(iso.slice(11, 19))} UTC</time>`;
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head><body><h1>${escape(title)}</h1>${body}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
