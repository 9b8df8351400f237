/** What became of one attempt. */
export type Outcome =
  | { readonly is: 'sent'; readonly at: Date }
  | { readonly is: 'failed'; readonly reason: string }
  | { readonly is: 'again'; readonly reason: string; readonly at: Date };

/** What the mail server, or the way to it, said. */
export interface Refusal {
  readonly permanent: boolean;
  /** Stable: `smtp_550`, `smtp_login_refused`, `smtp_tls_refused`, `connection`. Never the server's text, which quotes addresses. */
  readonly reason: string;
}

/** Codes of Node for a handshake that failed. */
const HANDSHAKE = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/;
const FIRST_PAUSE = 5000;
const LONGEST_PAUSE = 3_600_000;
/** RFC 5321 4.5.4.1: give up after four to five days. */
const GIVE_UP_AFTER = 5 * 86_400_000;

/** Reads an error of the SMTP conversation: 5xx is for good, everything else passes. */
export function refusalOf(error: unknown): Refusal {
  const { code, originalCode, responseCode } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; originalCode?: unknown; responseCode?: unknown };
  // A refused login is the operator's to mend and says nothing about the message.
  if (code === 'EAUTH' || code === 'ENOAUTH') return { permanent: false, reason: 'smtp_login_refused' };
  // A server that does not prove itself, or only speaks an older version than the policy allows: the operator's to mend.
  if (code === 'ETLS' || HANDSHAKE.test(String(originalCode))) return { permanent: false, reason: 'smtp_tls_refused' };
  if (typeof responseCode === 'number') {
    const aboutMessage = code === 'EENVELOPE' || code === 'EMESSAGE';
    return { permanent: aboutMessage && responseCode >= 500, reason: `smtp_${responseCode}` };
  }
  return code === 'EENVELOPE' ? { permanent: true, reason: 'address_refused' } : { permanent: false, reason: 'connection' };
}

/**
 * What follows a refusal: the end, or another attempt after a pause that doubles up to an hour.
 * @param attempts made so far, at least 1
 */
export function afterRefusal(refusal: Refusal, message: { attempts: number; queuedAt: Date }, now: Date): Outcome {
  if (refusal.permanent) return { is: 'failed', reason: refusal.reason };
  if (now.getTime() - message.queuedAt.getTime() > GIVE_UP_AFTER) return { is: 'failed', reason: `gave_up_${refusal.reason}` };
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(message.attempts - 1, 20));
  return { is: 'again', reason: refusal.reason, at: new Date(now.getTime() + pause) };
}
