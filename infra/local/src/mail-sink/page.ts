import type { StoredMail } from './mail-store.js';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd}
pre{white-space:pre-wrap;background:#f6f6f6;padding:1rem}`;

export function listPage(mails: readonly StoredMail[]): string {
  const rows = mails.map(
    (mail) =>
      `<tr><td>${escape(mail.receivedAt)}</td><td>${escape(mail.to.join(', '))}</td>` +
      `<td><a href="/messages/${mail.id}/page">${escape(mail.subject === '' ? '(no subject)' : mail.subject)}</a></td></tr>`,
  );
  const table = `<table><thead><tr><th>Received</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  return page('Mail', mails.length === 0 ? '<p>No mail has been sent yet.</p>' : table);
}

/** Shown as text: what a mail's HTML would load or run has no place on this page. */
export function mailPage(mail: StoredMail): string {
  const head = [
    ['From', mail.from],
    ['To', mail.to.join(', ')],
    ['Received', mail.receivedAt],
  ].map(([name, value]) => `<tr><th>${name}</th><td>${escape(value ?? '')}</td></tr>`);
  return page(
    mail.subject,
    `<table>${head.join('')}</table><pre>${escape(mail.text)}</pre><p><a href="/messages/${mail.id}/raw">raw</a> · <a href="/">all mail</a></p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style><h1>${escape(title)}</h1>${body}</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
