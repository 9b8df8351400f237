import type { Tx } from '@heed/persistence';
import { cookieClasses, purposesOfCookies } from '@heed/policy';
import type { CookieClass, PolicyPack } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { CheckConsent } from '../check/check.use-case.js';
import type { Check } from '../check/check.use-case.js';
import { cookieDomains } from './cookie-domain.store.js';
import type { CookieDomain } from './cookie-domain.store.js';

export interface CookieQuestion {
  /** Left out: nobody is known yet. */
  readonly subject?: Check['subject'] | undefined;
  readonly domain: string;
  readonly jurisdiction?: string | undefined;
  /** The browser sent `Sec-GPC: 1`. */
  readonly gpc?: boolean | undefined;
}

export interface ClassAnswer {
  readonly class: string;
  readonly allowed: boolean;
  readonly reason: string;
  readonly responsible: string;
  readonly recordId: string | null;
  readonly promise: string | null;
}

/** Which cookies a page may set now (G35): essential ones always, others as the policy's gate for their class says. */
export class CookieGate {
  constructor(
    private readonly checks: CheckConsent,
    private readonly policies: PolicyStore,
  ) {}

  /** @param classes all of the policy where left out; a class that it does not know is never allowed */
  async ask(tx: Tx, question: CookieQuestion, classes?: readonly string[]): Promise<readonly ClassAnswer[]> {
    const { pack } = await this.policies.current(tx);
    const declared = cookieClasses(pack);
    const partner = (await cookieDomains(tx, [question.domain])).get(question.domain);
    const answers: ClassAnswer[] = [];
    for (const name of classes ?? declared.map((one) => one.class)) {
      const cookieClass = declared.find((one) => one.class === name);
      answers.push(cookieClass ? await this.answer(tx, pack, cookieClass, partner, question) : unknownClass(name));
    }
    return answers;
  }

  private async answer(tx: Tx, pack: PolicyPack, declared: CookieClass, partner: CookieDomain | undefined, question: CookieQuestion): Promise<ClassAnswer> {
    const { class: name, gate, source } = declared;
    const answer = (allowed: boolean, reason: string, more: Partial<ClassAnswer> = {}): ClassAnswer => ({
      class: name, allowed, reason, responsible: partner ? 'partner' : declared.responsible, recordId: null, promise: promiseIn(source), ...more,
    });
    if (gate === 'always') return answer(true, 'essential');
    if (gate === 'configured_and_consent' && !partner?.analytics) return answer(false, 'not_configured');
    if (partner && !partner.analytics) return answer(false, 'not_configured');
    if (question.gpc) return answer(false, 'gpc');
    const { subject } = question;
    if (!subject) return answer(false, 'no_decision');
    const domain = branded(partner);
    const wanted = purposesOfCookies(pack, name).map((purpose) => ({ subject, purpose, domain, jurisdiction: question.jurisdiction }));
    const checked = await this.checks.check(tx, wanted);
    const no = checked.find((one) => !one.allowed);
    const [first] = checked;
    if (!first) return answer(false, 'purpose_unknown');
    return answer(!no, (no ?? first).reason, { recordId: (no ?? first).recordId, ...(no?.promise ? { promise: no.promise } : {}) });
  }
}

/** On a partner's domain what was decided there counts; on one's own sites, what was decided for all of them. */
export const branded = (partner: CookieDomain | undefined): string | undefined => partner?.domain;

const unknownClass = (name: string): ClassAnswer => ({ class: name, allowed: false, reason: 'class_unknown', responsible: 'controller', recordId: null, promise: null });

function promiseIn(source: CookieClass['source']): string | null {
  const first = [source].flat()[0] ?? 'operator_default';
  return first === 'operator_default' ? null : first;
}
