import { html, Html } from '@heed/certificate';
import { PAGE_HEADERS } from '@heed/http';
import { createHash } from 'node:crypto';
import type { Words } from '../words/words.js';
import { REFRESH_SCRIPT } from './refresh-script.js';
import { STYLE } from './style.js';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * What goes out with every page here: the one stylesheet and the one script by their hashes and nothing else, forms to this
 * origin alone. The token stands in the path, so no referrer is sent and nothing is kept.
 */
export const LINK_PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...PAGE_HEADERS,
  'content-security-policy': [
    "default-src 'none'", `style-src ${hashOf(STYLE)}`, `script-src ${hashOf(REFRESH_SCRIPT)}`, "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'accept-language, sec-gpc',
};

export interface Frame {
  readonly words: Words;
  /** Who writes: the name people know. Left out where nobody is to learn whose page it would have been. */
  readonly tenant?: string | undefined;
  readonly title: string;
  /** Other languages of this page. */
  readonly languages?: readonly { readonly words: Words; readonly href: string }[] | undefined;
  readonly refreshes?: boolean | undefined;
}

export function framed({ words, tenant, title, languages = [], refreshes }: Frame, body: Html): string {
  const choices = languages.map(({ words: other, href }) =>
    other.language === words.language
      ? html`<li><span aria-current="true" lang="${other.language}">${other.name}</span></li>`
      : html`<li><a href="${href}" lang="${other.language}" hreflang="${other.language}">${other.name}</a></li>`,
  );
  const chooser = choices.length > 1 ? html`<nav aria-label="${words.languages}"><ul class="languages">${choices}</ul></nav>` : html``;
  return html`<!doctype html>
<html lang="${words.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${tenant === undefined ? title : `${title}: ${tenant}`}</title><style>${new Html(STYLE)}</style></head>
<body>
${tenant === undefined ? html`` : html`<main><div class="brand"><strong>${tenant}</strong>${chooser}</div>`}${tenant === undefined ? html`<main>` : html``}
${body}
</main>
${refreshes ? html`<script>${new Html(REFRESH_SCRIPT)}</script>` : html``}</body></html>
`.text;
}
