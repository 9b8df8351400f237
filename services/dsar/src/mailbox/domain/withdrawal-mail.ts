/** A mail to the privacy address, as far as it is needed to tell a withdrawal. */
export interface Mail {
  readonly subject: string;
  /** What the person wrote, in plain text. */
  readonly text: string;
  /** Every address of the From header. */
  readonly from: readonly string[];
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** `marketing`: no more mail of that kind. `all`: everything that rests on consent. */
export type Scope = 'marketing' | 'all';

/** Who took consent back by a mail; or why a person has to read it. */
export type Reading = { readonly from: string; readonly scope: Scope } | { readonly leave: 'not_a_withdrawal' | 'unclear' | 'sender_unclear' | 'sent_by_a_machine' | 'forwarded' };

const ALL = [
  /\b(withdraw|withdrew|revoke|retract|take back)\w*\b[^.!?\n]{0,40}\bconsents?\b/,
  /\bconsents?\b[^.!?\n]{0,30}\b(withdrawn|revoked|retracted)\b/,
  /सहमति[^।.!?\n]{0,30}(वापस|रद्द)/,
];
const MARKETING = [
  /\bunsubscribe\b/,
  /\bopt[ -]?(me )?out\b/,
  /\bstop (sending|mailing|e-?mailing)\b/,
  /\b(no more|don[’']?t send( me)?( any| any more)?) (marketing|news\w*|promotion\w*|advert\w*)\b/,
  /(सदस्यता|सब्सक्रिप्शन)[^।.!?\n]{0,20}(समाप्त|रद्द|हटा)/,
  /अनसब्सक्राइब/,
];
const NEGATED = /\b(do not|don[’']?t|never|not going to|would not)\s+(want to |wish to |intend to )?(unsubscribe|withdraw|revoke|retract|opt)/;
const FORWARDED = /^\s*(fwd?|wg|tr)\s*:/i;
/** Long enough for what somebody asks for; what follows is history and signatures. */
const READ_CHARACTERS = 4000;

/**
 * Tells a withdrawal among the mails to the privacy address (AJU-17, AHU-09), and only a clear one: everything else is left to
 * people. Whoever forges a sender can only end what would have needed that person's yes, so the address is believed unless the
 * receiving server found it forged.
 * @example readWithdrawal({ subject: 'unsubscribe', text: '', from: ['ada@example.com'], headers: new Map() }) // { from, scope: 'marketing' }
 */
export function readWithdrawal(mail: Mail): Reading {
  const [from] = mail.from;
  if (mail.from.length !== 1 || !from || isForged(mail.headers)) return { leave: 'sender_unclear' };
  if (byMachine(mail.headers)) return { leave: 'sent_by_a_machine' };
  if (FORWARDED.test(mail.subject)) return { leave: 'forwarded' };
  const words = `${mail.subject}\n${ownWords(mail.text)}`.normalize('NFKC').toLowerCase();
  const scope = ALL.some((phrase) => phrase.test(words)) ? 'all' : MARKETING.some((phrase) => phrase.test(words)) ? 'marketing' : undefined;
  if (!scope) return { leave: 'not_a_withdrawal' };
  return NEGATED.test(words) ? { leave: 'unclear' } : { from, scope };
}

/** Without what is quoted: somebody else wrote that. */
function ownWords(text: string): string {
  const lines = text.slice(0, READ_CHARACTERS).split('\n');
  const quote = lines.findIndex((line) => /^\s*(-{2,}\s*(original|forwarded) message|on .{0,200} wrote:)/i.test(line));
  return (quote < 0 ? lines : lines.slice(0, quote)).filter((line) => !line.trimStart().startsWith('>')).join('\n');
}

/** The first result is of the server that took the mail in; further ones may be anybody's. */
function isForged(headers: ReadonlyMap<string, string>): boolean {
  return /\bdmarc=fail\b/i.test(headers.get('authentication-results') ?? '');
}

function byMachine(headers: ReadonlyMap<string, string>): boolean {
  const submitted = headers.get('auto-submitted');
  return (submitted !== undefined && submitted.trim().toLowerCase() !== 'no') || /^\s*(bulk|junk|list|auto_reply)/i.test(headers.get('precedence') ?? '') || headers.has('list-id');
}
