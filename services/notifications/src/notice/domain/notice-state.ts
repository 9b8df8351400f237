export interface NoticeFacts {
  readonly channels: readonly string[];
  readonly channelsNeeded: 'all' | 'any';
  readonly recipients: number;
  readonly delivered: number;
  readonly failed: number;
}

export type NoticeState = 'waiting_for_recipients' | 'sending' | 'incomplete' | 'delivered' | 'published';

/**
 * Where a notice stands. One that must go by mail and has nobody to go to waits, and says so: silence would let the
 * promised time run for nobody.
 */
export function noticeState(notice: NoticeFacts): NoticeState {
  const byEmail = notice.channels.includes('email');
  if (!byEmail) return 'published';
  if (notice.recipients === 0) return mailNeeded(notice) ? 'waiting_for_recipients' : 'published';
  if (notice.delivered === notice.recipients) return 'delivered';
  return notice.delivered + notice.failed === notice.recipients ? 'incomplete' : 'sending';
}

/** True where no other channel would do. */
function mailNeeded(notice: NoticeFacts): boolean {
  return notice.channelsNeeded === 'all' || notice.channels.every((channel) => channel === 'email');
}

/** True where the notice stands on a page or in a console, for everybody to see. */
export function isPublished(channels: readonly string[]): boolean {
  return channels.some((channel) => channel !== 'email');
}
