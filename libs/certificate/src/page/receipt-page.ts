import type { SignedCertificate } from '../certificate.js';
import { STATE_IN_WORDS } from '../kinds/decision.js';
import type { ReceiptCertificate, ReceiptEvent } from '../kinds/receipt/receipt.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { code, fact, facts, list, when, wideTable } from './pieces.js';

const UNSTATED = 'not stated';
const stated = (value: string): string => (value === 'not_stated' ? UNSTATED : value);

export function receiptBody({ certificate: c }: SignedCertificate<ReceiptCertificate>): Html {
  const { record } = c.receipt;
  const { processing, register } = record;
  const own = record.event.find((event) => event.register.record_id === register.record_id);
  const controller = record.party.find(({ party_role: role }) => role === 'controller');
  const present = register.present_state;
  return html`<p class="lead">${own ? `Consent was ${STATE_IN_WORDS[own.register.state]} on ${when(own.event_time)}` : 'A decision'} for “${processing.purpose.title}”.
${present ? `When this was issued, consent was ${STATE_IN_WORDS[present]}.` : ''}</p>
<h2>What it is about</h2>
${facts(
  fact('Person', code(record.pii_principal_id)),
  fact('Purpose', html`${processing.purpose.title}: ${processing.purpose.description}`),
  fact('Ground', `${stated(processing.lawful_basis.basis)}, ${stated(processing.lawful_basis.reference)}`),
  fact('Words shown', shown(own)),
  fact('Data', processing.pii_information.join(', ')),
  fact('Kept', list(processing.retention_period.map(({ pii_type: type, duration, counted_from: from }) => `${type}: ${stated(duration)}, counted from ${from}`))),
  fact('Where', processing.storage_locations.map(({ location }) => location).join(', ')),
  fact('Others who receive it', processing.recipient_third_parties === 'none' ? 'nobody' : named(record.party, processing.recipient_third_parties)),
  fact('To take it back', processing.withdrawal_method.join(', ')),
  fact('Controller', controller ? html`${controller.party_name}, ${stated(controller.party_address)}, ${stated(controller.party_contact)}` : UNSTATED),
  fact('Record', html`${code(record.record_id)} (in the register: ${code(register.record_id)})`),
)}
<h2>What happened</h2>
${wideTable(
  'What happened',
  ['When', 'State', 'By which way', 'Recorded', 'Holds until'],
  record.event.map((event) => [
    when(event.event_time), `${event.register.state}${event.register.took_effect ? '' : ', without effect'}`, event.register.method,
    `${when(event.register.recorded_at)}, by ${event.register.actor}`, until(event),
  ]),
)}
${register.history_complete ? html`` : html`<p class="small">Older events stand in the register of the person.</p>`}`;
}

function shown(event: ReceiptEvent | undefined): string {
  const notice = event?.register.notice;
  return notice ? `notice ${notice.id}, version ${notice.version}, in language ${notice.language}; SHA-256 ${notice.hash}` : 'none were named';
}

function until({ validity_duration: duration, register }: ReceiptEvent): string {
  if (register.valid_until) return `${when(register.valid_until)} (${duration})`;
  return duration === 'until_withdrawn' ? 'it is withdrawn' : '';
}

function named(parties: ReceiptCertificate['receipt']['record']['party'], ids: readonly string[]): string {
  return ids.map((id) => parties.find((party) => party.party_id === id)?.party_name ?? id).join(', ');
}
