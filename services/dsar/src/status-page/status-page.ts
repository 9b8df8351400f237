import type { RequestState } from '../case/domain/request-state.js';
import { escapeHtml as e, readable, webPage } from '../web-page.js';

export interface Status {
  readonly controller: string;
  readonly contact: string | undefined;
  readonly type: string;
  readonly state: RequestState;
  readonly receivedAt: Date;
  readonly due: Date;
  readonly closedAt: Date | null;
}

const ASKED: Readonly<Record<string, string>> = { erase: 'to erase your personal data' };

/** Where a request stands, in words for the person who made it; nothing here says who that is. */
export function statusPage(status: Status): string {
  const contact = status.contact ? `<p>Questions? Write to <a href="mailto:${e(status.contact)}">${e(status.contact)}</a>.</p>` : '';
  return webPage(
    'Your request',
    `<h1>Your request</h1>
<p>On ${e(readable(status.receivedAt))} you asked ${e(status.controller)} ${e(ASKED[status.type] ?? `for: ${status.type}`)}.</p>
<p><strong>${e(words(status))}</strong></p>
${contact}`,
  );
}

function words({ state, due, closedAt }: Status): string {
  const by = `You will have an answer by ${readable(due)} at the latest.`;
  switch (state) {
    case 'awaiting_verification':
      return `We have your request and are making sure that it is you who asked. ${by}`;
    case 'verified':
      return `We know that it was you who asked. A person is looking at your request. ${by}`;
    case 'in_progress':
      return `Your request was approved and is being carried out. ${by}`;
    case 'held':
      return 'Your request was approved, but the law obliges us to keep your data for now. It goes on by itself as soon as that ends.';
    case 'closed':
      return `Your request was carried out${closedAt ? ` on ${readable(closedAt)}` : ''}.`;
    case 'refused':
      return 'We could not do what you asked. The reason was sent to you; you may complain to your data protection authority.';
  }
}

export function unknownPage(): string {
  return webPage('Not found', '<h1>Nothing here</h1><p>This link belongs to no request. It may have been copied incompletely.</p>');
}
