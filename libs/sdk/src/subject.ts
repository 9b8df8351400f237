/** How a person is told from others: as services of Heed name them. */
export interface SubjectIdentifier {
  /** `email`, `phone`, `user_id`, `cookie_id`, `device_id`, or one of the tenant's own. */
  readonly type: string;
  readonly value: string;
}

export type Subject = { readonly identifiers: readonly SubjectIdentifier[] } | { readonly ref: string };

/** @example heed.may(byEmail('ada@example.com'), 'analytics') */
export const byEmail = (value: string): Subject => ({ identifiers: [{ type: 'email', value }] });

/** @example heed.may(byUserId('4711'), 'analytics') */
export const byUserId = (value: string): Subject => ({ identifiers: [{ type: 'user_id', value }] });
