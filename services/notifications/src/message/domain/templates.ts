import type { PolicyPack } from '@heed/policy';
import { english } from './templates.en.js';
import { asHtml, asText } from './letter.js';
import type { Letter } from './letter.js';

export type RequestTemplate = 'request_received' | 'request_closed' | 'request_refused' | 'request_extended';

/** Who writes, to be named in every mail. */
export interface Writer {
  readonly name: string;
  readonly controller: string;
  /** The data protection officer where the policy names one, else the privacy contact. */
  readonly contact: string;
  /** Where people may complain, where the policy says so. */
  readonly authority: string | undefined;
  readonly zone: string;
}

export interface NoticeContent {
  /** Sentences for people, as the registry wrote them. */
  readonly changes: readonly string[];
  readonly effectiveFrom: Date;
  readonly policyVersion: number;
}

/** The mails of one language. */
export interface Letters {
  readonly language: string;
  request(template: RequestTemplate, writer: Writer, reference: string, params: Readonly<Record<string, string>>): Letter;
  policyChange(writer: Writer, content: NoticeContent): Letter;
  /** To an administrator: who holds which role should have been reviewed. */
  accessReviewOverdue(writer: Writer, params: Readonly<Record<string, string>>): Letter;
}

const LETTERS: Readonly<Record<string, Letters>> = { en: english };

/** The tenant's first language that mails are written in; English where there is none. */
export function lettersFor(pack: PolicyPack): Letters {
  const language = pack.tenant.languages.value.find((code) => Object.hasOwn(LETTERS, code));
  return (language && LETTERS[language]) || english;
}

export function writerOf(pack: PolicyPack): Writer {
  const { tenant, jurisdictions } = pack;
  const home = jurisdictions.list.find((place) => place.id === jurisdictions.default.value);
  return {
    name: tenant.name,
    controller: tenant.controller.value,
    contact: (tenant.contacts.dpo ?? tenant.contacts.privacy).value,
    authority: home?.authority?.name,
    zone: tenant.zone.value,
  };
}

export interface Mail {
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A letter with the sender that the policy names. */
export function mailOf(pack: PolicyPack, letter: Letter, language: string): Mail {
  return {
    from: { name: pack.tenant.name, address: pack.tenant.contacts.privacy.value },
    replyTo: writerOf(pack).contact,
    subject: letter.subject,
    text: asText(letter),
    html: asHtml(letter, language),
  };
}
