import type { IncomingMessage, ServerResponse } from 'node:http';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}dt{margin-top:.8rem}dd{margin:0;color:#555}`;

/** What stands at `/`: a newcomer who opens the origin in a browser finds the way from here. */
export function sendIndex(request: IncomingMessage, response: ServerResponse, mail: string | undefined): void {
  const html = (request.headers.accept ?? '').includes('text/html');
  const body = html ? indexPage(mail) : JSON.stringify({ name: 'Heed', docs: '/docs', openapi: '/openapi.json', ready: '/readyz', ...(mail === undefined ? {} : { mail }) });
  response.writeHead(200, {
    'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    vary: 'accept',
  });
  response.end(body);
}

function indexPage(mail: string | undefined): string {
  const links = [
    ['/docs', 'The API', 'every call, to read and to try; its token comes from <code>npx heed token</code>'],
    ['/openapi.json', 'OpenAPI', 'the same for programs'],
    ['/readyz', 'Readiness', 'whether every part answers'],
    ...(mail === undefined ? [] : [[mail, 'Mail', 'what was sent to people on this computer']]),
  ];
  const list = links.map(([href = '', name = '', what = '']) => `<dt><a href="${href}">${name}</a></dt><dd>${what}</dd>`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Heed</title><style>${STYLE}</style></head><body><h1>Heed</h1>
<p>Say it once, and every data store heeds it, provably.</p><dl>${list}</dl></body></html>`;
}
