/** A mail in plain words: paragraphs and lists, made into text and into the same words as HTML. */
export interface Letter {
  readonly subject: string;
  readonly body: readonly Part[];
}
export type Part = string | { readonly list: readonly string[] };

export function asText(letter: Letter): string {
  return letter.body.map((part) => (typeof part === 'string' ? part : part.list.map((line) => `- ${line}`).join('\n'))).join('\n\n') + '\n';
}

export function asHtml(letter: Letter, language: string): string {
  const parts = letter.body.map((part) =>
    typeof part === 'string'
      ? `<p>${escape(part).replaceAll('\n', '<br>')}</p>`
      : `<ul>${part.list.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`,
  );
  return `<!doctype html><html lang="${escape(language)}"><head><meta charset="utf-8"><title>${escape(letter.subject)}</title></head><body>${parts.join('\n')}</body></html>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
