import { html, Html } from './html.js';

/** On paper as on a screen: no colour carries meaning, no table is cut, and what only a screen can do is left out. */
const STYLE = `
  :root { color-scheme: light; --ink: #1b1f24; --soft: #55606c; --line: #cfd6dd; --wash: #f5f7f9; --accent: #0b5d57 }
  * { box-sizing: border-box }
  body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--ink); background: #fff; margin: 0 }
  main { max-width: 52rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem }
  header { border-top: .3rem solid var(--accent); padding-top: 1.25rem; margin-bottom: 1.75rem }
  header p { margin: .25rem 0; color: var(--soft) }
  h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem } h2 { font-size: 1.15rem; margin: 2.25rem 0 .6rem }
  .lead { font-size: 1.1rem }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
  th { font-weight: 600 } tbody th[scope=row] { width: 13rem } thead th { border-bottom: 2px solid var(--line); white-space: nowrap }
  td.number, th.number { text-align: right; padding-right: 1.5rem; font-variant-numeric: tabular-nums }
  code, pre { font: .85em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere }
  pre { background: var(--wash); border: 1px solid var(--line); border-radius: .3rem; padding: .75rem; margin: .5rem 0; white-space: pre-wrap }
  .small { font-size: .9rem; color: var(--soft) } .wide { overflow-x: auto }
  .wide:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
  a { color: var(--accent); text-underline-offset: .15em } ul { padding-left: 1.25rem } li { margin: .25rem 0 }
  .action { display: inline-block; padding: .55rem 1rem; border: 2px solid var(--accent); border-radius: .3rem; font-weight: 600; text-decoration: none }
  @media (max-width: 36rem) { main { padding-top: 1.25rem } tbody th[scope=row] { width: 8rem } h1 { font-size: 1.5rem } }
  @page { size: A4; margin: 18mm 16mm }
  @media print {
    body { font-size: 10.5pt } main { max-width: none; padding: 0 } .screen { display: none } a { color: inherit; text-decoration: none }
    h2 { break-after: avoid } tr, pre, .keep { break-inside: avoid } thead { display: table-header-group } .wide { overflow: visible }
  }`;

/** A page that needs nothing from anywhere: no scripts, no fonts, no pictures. */
export function webPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><main>
${body}
</main></body></html>`.text;
}
