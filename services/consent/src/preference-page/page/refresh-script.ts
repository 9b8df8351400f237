/**
 * Shows the stores' answers as they come. The page works without it; with it nobody has to ask again. It reads the page
 * itself once more and takes over one section, ever more slowly, and stops when every store has answered.
 */
export const REFRESH_SCRIPT = `
(() => {
  let pause = 1500;
  const waiting = () => document.querySelector('#answers[data-waiting]');
  const look = async () => {
    const shown = waiting();
    if (!shown) return;
    try {
      const answer = await fetch(location.href, { cache: 'no-store', redirect: 'error' });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('answers');
      if (fresh && fresh.innerHTML !== shown.innerHTML) {
        shown.replaceChildren(...fresh.childNodes);
        shown.toggleAttribute('data-waiting', fresh.hasAttribute('data-waiting'));
      }
    } catch {}
    pause = Math.min(pause * 1.3, 30000);
    if (waiting()) setTimeout(look, pause);
  };
  if (waiting()) setTimeout(look, pause);
})();
`;
