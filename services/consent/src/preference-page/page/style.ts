/**
 * The one stylesheet: no fonts, no pictures, no colour that alone means something. Light and dark follow the system; nothing
 * moves where the person asked for less motion.
 */
export const STYLE = `
:root { color-scheme: light dark; --ink: #16202b; --soft: #4b5866; --paper: #f4f6f8; --card: #fff; --line: #d5dce3; --accent: #0b6b60; --on-accent: #fff;
  --wash: #e6f3f0; --knob: #fff; --off: #6a7785; --warm: #8a4b08; --warm-wash: #fdf3e4; --shadow: 0 1px 2px rgb(16 32 43 / .06), 0 6px 20px rgb(16 32 43 / .05) }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a9b5c1; --paper: #10161c; --card: #19212a; --line: #33404d; --accent: #5cc9b8; --on-accent: #06251f;
  --wash: #15302d; --knob: #10161c; --off: #8996a4; --warm: #f0be7c; --warm-wash: #2c2416; --shadow: none } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Devanagari", sans-serif;
  -webkit-text-size-adjust: 100%; overflow-wrap: break-word }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem 4rem }
h1, h2, h3, p, ul, dl { margin: 0 }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.15rem); line-height: 1.2; letter-spacing: -.01em; text-wrap: balance }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.75rem 0 .35rem }
h3 { font-size: 1.05rem; line-height: 1.35 }
a { color: var(--accent); text-underline-offset: .18em }
.brand { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem 1rem; margin-bottom: 2rem; padding-bottom: .9rem; border-bottom: 1px solid var(--line) }
.brand strong { display: flex; align-items: center; gap: .6rem; font-size: 1.05rem }
.brand strong::before { content: ""; width: .8rem; height: .8rem; border-radius: .25rem; background: var(--accent) }
.languages { display: flex; gap: .25rem; list-style: none; padding: 0 }
.languages a, .languages span { display: inline-block; padding: .15rem .6rem; border-radius: 1rem; text-decoration: none }
.languages a:hover { text-decoration: underline }
.languages [aria-current] { background: var(--wash); color: var(--accent); font-weight: 600 }
.lead { margin-top: .8rem; color: var(--soft); font-size: 1.08rem; max-width: 38rem }
.soft { color: var(--soft) }
.small { font-size: .92rem }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .85rem; padding: 1.15rem 1.25rem; margin-top: .9rem; box-shadow: var(--shadow) }
.said { margin-top: 1.5rem; padding: .85rem 1.1rem; border-radius: .7rem; border: 1px solid var(--accent); background: var(--wash); font-weight: 600 }
.signal { margin-top: 1.5rem; padding: .85rem 1.1rem; border-radius: .7rem; border: 1px solid var(--warm); background: var(--warm-wash) }
.signal h2 { margin: 0 0 .2rem; font-size: 1rem; color: var(--warm) }
.choice { display: grid; grid-template-columns: 1fr auto; gap: .35rem 1.25rem; align-items: start }
.choice > :not(h3, form) { grid-column: 1 / -1 }
.choice form { grid-row: 1; grid-column: 2; display: flex; align-items: center; gap: .6rem }
.choice form span { color: var(--soft); font-size: .92rem; font-weight: 600 }
.stand { font-size: .95rem; font-weight: 600 }
.stand.yes { color: var(--accent) }
.stand.no { color: var(--soft) }
.switch { position: relative; flex: none; width: 3.5rem; height: 2.75rem; margin: -.45rem 0; padding: 0; border: 0; background: none; cursor: pointer; border-radius: 1.4rem }
.switch::before { content: ""; position: absolute; inset: .45rem 0; border-radius: 1rem; background: var(--off); transition: background .15s }
.switch::after { content: ""; position: absolute; top: .7rem; left: .25rem; width: 1.35rem; height: 1.35rem; border-radius: 50%; background: var(--knob); transition: left .15s }
.switch[aria-checked=true]::before { background: var(--accent) }
.switch[aria-checked=true]::after { left: 1.9rem }
details { margin-top: .3rem; font-size: .95rem }
summary { cursor: pointer; color: var(--accent); padding: .2rem 0; width: fit-content; border-radius: .3rem }
details p, blockquote { margin: .35rem 0 0; padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--line); color: var(--soft) }
.facts { list-style: none; padding: 0 }
.facts li { padding: .85rem 0; border-top: 1px solid var(--line) }
.facts li:first-child { border-top: 0; padding-top: 0 }
.facts li:last-child { padding-bottom: 0 }
.plain { list-style: none; padding: 0; margin-top: .4rem }
.plain li { display: flex; align-items: baseline; gap: .6rem; padding: .2rem 0 }
.plain li::before { content: ""; flex: none; width: .6rem; height: .6rem; border-radius: 50%; border: 2px solid var(--off); transform: translateY(.05rem) }
.plain li.done::before, .plain li.nothing::before { border-color: var(--accent); background: var(--accent) }
.plain li.late::before, .plain li.held::before { border-color: var(--warm); background: var(--warm) }
.plain li.overtaken { color: var(--soft) }
#answers .card + .card { margin-top: .6rem }
ol.steps { margin: 1rem 0 0; padding-left: 1.3rem }
ol.steps li { margin: .4rem 0 }
.row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .9rem 1.5rem }
.row > :first-child { flex: 1 1 18rem }
button.action, a.action { display: inline-block; font: inherit; font-weight: 600; line-height: 1.3; padding: .7rem 1.35rem; min-height: 2.75rem; border-radius: .6rem; cursor: pointer; text-decoration: none;
  border: 2px solid var(--accent); background: transparent; color: var(--accent) }
button.action.strong { background: var(--accent); color: var(--on-accent) }
button.action:hover, a.action:hover { filter: brightness(1.08) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
footer { margin-top: 3rem; padding-top: 1.5rem; border-top: 1px solid var(--line) }
footer h2 { margin-top: 0 }
.plain + form, .plain + p { margin-top: 1rem }
footer p + p { margin-top: .5rem }
@media (max-width: 30rem) { main { padding-top: 1.25rem } .card { padding: 1rem } .choice form span { display: none } .choice { column-gap: .75rem } .row > * { width: 100%; text-align: left } .row .action { text-align: center } }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; scroll-behavior: auto !important } }
@media (forced-colors: active) { .switch::before { border: 2px solid ButtonText } .switch::after { background: ButtonText } .switch[aria-checked=true]::before { background: Highlight } .plain li::before { forced-color-adjust: none } }
@media print { .brand ul, form, .screen { display: none } .card { box-shadow: none; break-inside: avoid } }
`;
