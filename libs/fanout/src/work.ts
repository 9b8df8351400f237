/** What the sender is reminded of: something is due to be sent. */
export const SENDING = 'dispatches';
/** What the watch is reminded of: a dispatch's time is over. */
export const DEADLINES = 'dispatch-deadlines';
/** How long a target may stay overdue before it is escalated to people, in milliseconds. */
export const ESCALATE_AFTER = 86_400_000;
