import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Where the keyboard is, and whether a person sees it. */
export interface Stop {
  readonly what: string;
  readonly visible: boolean;
}

/** In the browser's own words. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return undefined;
  const named = at.getAttribute('aria-labelledby');
  const name = (named ? document.getElementById(named)?.textContent : at.textContent) ?? '';
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const { width, height } = at.getBoundingClientRect();
  const visible = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0;
  return { what: (at.getAttribute('role') ?? at.tagName.toLowerCase()) + ' ' + name.trim(), visible };
})()`;

/** People at a real browser, each in a context of their own: nothing of one visit is left for the next. */
export class Visitors {
  private constructor(private readonly browser: Browser) {}

  static async arrive(): Promise<Visitors> {
    return new Visitors(await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'], headless: true }));
  }

  /** Fails later with what the browser complained of, a blocked script or style for example. */
  async visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => (message.type() === 'error' ? complaints.push(message.text()) : undefined));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    return new Visit(page, complaints);
  }

  leave(): Promise<void> {
    return this.browser.close();
  }
}

export class Visit {
  constructor(
    readonly page: Page,
    readonly complaints: readonly string[],
  ) {}

  /** What axe finds wrong, in a line each. */
  async violations(): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 150)}`));
  }

  /** Everything that Tab stops at, in its order: role, name and whether one sees where one is. */
  async tabStops(): Promise<readonly Stop[]> {
    const stops: Stop[] = [];
    for (let i = 0; i < 60; i += 1) {
      await this.page.keyboard.press('Tab');
      const stop = await this.page.evaluate<Stop | undefined>(FOCUSED);
      if (!stop) break;
      stops.push(stop);
    }
    return stops;
  }

  /** Wider than the window: a person would have to scroll sideways. */
  overflows(): Promise<boolean> {
    return this.page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
