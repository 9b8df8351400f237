import { chromium } from 'playwright-core';
import type { Browser, CDPSession, Page } from 'playwright-core';

/** What a page of Heed was answered. */
export interface PageAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** What a page does, in the browser's own words. */
const CREATE = 'async (json) => (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json) })).toJSON()';
const GET = 'async (json) => (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json) })).toJSON()';

/** A real browser with a security key in it, open at Heed's own page, as a privacy officer has it. */
export class OfficersBrowser {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly cdp: CDPSession,
    private readonly token: () => Promise<string>,
  ) {}

  /** @param token an access token of the officer */
  static async open(origin: string, token: () => Promise<string>): Promise<OfficersBrowser> {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'], headless: true });
    const page = await browser.newPage();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: false, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    const url = new URL('/docs', origin);
    url.hostname = 'localhost'; // an address is no relying party
    await page.goto(url.href);
    return new OfficersBrowser(browser, page, cdp, token);
  }

  async close(): Promise<void> {
    await this.cdp.detach();
    await this.browser.close();
  }

  /** A call by the page itself. */
  async post(path: string, body: unknown, stepUp?: string): Promise<PageAnswer> {
    const token = await this.token();
    const call = async (c: { path: string; body: unknown; token: string; stepUp?: string }): Promise<PageAnswer> => {
      const headers = { authorization: `Bearer ${c.token}`, 'content-type': 'application/json', ...(c.stepUp === undefined ? {} : { 'heed-step-up': c.stepUp }) };
      const answer = await fetch(c.path, { method: 'POST', headers, body: JSON.stringify(c.body) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    return this.page.evaluate(call, { path, body, token, ...(stepUp === undefined ? {} : { stepUp }) });
  }

  /** Enrols the key in this browser. The attestation that the key made comes with Heed's answer. */
  async register(code: string): Promise<PageAnswer & { readonly attestation: Buffer }> {
    const begun = await this.post('/v1/authenticators/options', { code });
    const credential = await this.inPage<{ response: { attestationObject: string } }>(CREATE, begun.body['options']);
    const answer = await this.post('/v1/authenticators', { id: begun.body['id'], credential });
    return { ...answer, attestation: Buffer.from(credential.response.attestationObject, 'base64url') };
  }

  async stepUp(act: string, resource: string): Promise<PageAnswer> {
    const begun = await this.post('/v1/step-ups', { act, resource });
    const assertion = await this.inPage(GET, begun.body['options']);
    return this.post(`/v1/step-ups/${String(begun.body['id'])}/complete`, { assertion });
  }

  private inPage<T>(script: string, options: unknown): Promise<T> {
    return this.page.evaluate<T>(`(${script})(${JSON.stringify(options)})`);
  }
}
