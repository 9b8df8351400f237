import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The package brings the page's parts; nothing is fetched from anywhere else. */
const SWAGGER_UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const TYPES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  'start.js': 'text/javascript; charset=utf-8',
} as const;
export const ASSETS = Object.keys(TYPES) as (keyof typeof TYPES)[];

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, docExpansion: 'list', filter: true, validatorUrl: null });\n`;

export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Heed API</title><link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><main id="api"></main><noscript><p>The document itself: <a href="/openapi.json">/openapi.json</a>.</p></noscript>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;

/** Own parts only: no script of others may run beside a token that somebody has typed in to try a call. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

export interface Asset {
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Undefined for what the page has no use for. */
export async function assetOf(name: string): Promise<Asset | undefined> {
  const known = ASSETS.find((asset) => asset === name);
  if (!known) return undefined;
  const content = known === 'start.js' ? Buffer.from(START) : await readFile(path.join(SWAGGER_UI, known));
  return { content, headers: { 'content-type': TYPES[known], 'x-content-type-options': 'nosniff', 'cache-control': 'max-age=3600' } };
}
