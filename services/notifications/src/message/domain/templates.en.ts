import type { Letter, Part } from './letter.js';
import type { Letters, NoticeContent, RequestTemplate, Writer } from './templates.js';

type Params = Readonly<Record<string, string>>;

const ASKED: Readonly<Record<string, string>> = {
  access: 'to see the data we hold about you',
  export: 'for a copy of your data',
  rectify: 'to correct your data',
  erase: 'to erase your data',
  restrict: 'to restrict the use of your data',
  unrestrict: 'to use your data again',
  object: 'to stop using your data',
};

/** Mails in English. */
export const english: Letters = {
  language: 'en',
  request: (template, writer, reference, params) => ({
    subject: `${SUBJECTS[template]} (${writer.name})`,
    body: ['Hello,', ...BODIES[template](writer, params), ...ending(writer, reference)],
  }),
  policyChange: (writer, content) => ({
    subject: `${writer.name}: our privacy policy changes on ${day(content.effectiveFrom, writer)}`,
    body: policyChange(writer, content),
  }),
  accessReviewOverdue: (writer, params) => ({
    subject: `${writer.name}: the review of who may do what is overdue`,
    body: accessReviewOverdue(writer, params),
  }),
};

const SUBJECTS: Readonly<Record<RequestTemplate, string>> = {
  request_received: 'We have your request',
  request_closed: 'Your request is done',
  request_refused: 'Your request cannot be met',
  request_extended: 'Your request takes longer',
};

const BODIES: Readonly<Record<RequestTemplate, (writer: Writer, params: Params) => Part[]>> = {
  request_received: (writer, params) => [
    `You asked ${writer.controller} ${asked(params)}. We have your request and are working on it.`,
    ...given(params['code'], (code) => `To show that it was you, give us this code: ${code}`),
    ...given(params['due'], (due) => `You will have our answer by ${when(due, writer)}.`),
    ...statusPage(params),
  ],
  request_closed: (writer, params) => [
    `You asked ${writer.controller} ${asked(params)}. ${done(params)}`,
    ...given(params['statusUrl'], (url) => `What each place answered, and the signed certificate of it, can be read at ${url}`),
    ...given(params['certificateId'], (id) => `The certificate has the number ${id}; you can also ask us for it at any time.`),
  ],
  request_refused: (writer, params) => [
    `You asked ${writer.controller} ${asked(params)}. We cannot do so.`,
    ...given(params['reason'], (reason) => `The reason: ${reason}`),
    ...statusPage(params),
    `If you think this is wrong, write to us${writer.authority ? `, or complain to ${writer.authority}` : ''}.`,
  ],
  request_extended: (writer, params) => [
    `You asked ${writer.controller} ${asked(params)}. We need more time for it.`,
    ...given(params['reason'], (reason) => `The reason: ${reason}`),
    ...given(params['due'], (due) => `You will have our answer by ${when(due, writer)}.`),
    ...statusPage(params),
  ],
};

function policyChange(writer: Writer, content: NoticeContent): Letter['body'] {
  return [
    'Hello,',
    `The privacy policy of ${writer.controller} changes on ${day(content.effectiveFrom, writer)}. This is what changes:`,
    { list: content.changes },
    `This will be version ${content.policyVersion} of the policy. Ask us for the full text of it, or of any older version, and for anything else: ${writer.contact}.`,
    writer.name,
  ];
}

function accessReviewOverdue(writer: Writer, params: Params): Letter['body'] {
  return [
    'Hello,',
    `Who holds which role at ${writer.controller} was to be reviewed by ${when(params['dueAt'] ?? '', writer)}. ${params['undecided'] ?? 'Some'} of ${params['entries'] ?? 'the'} entries wait for a decision: keep or revoke.`,
    'Decide about them with an administrator\'s account, as the guide to access says. Nobody decides about themselves.',
    `The review has the number ${params['reviewId'] ?? ''}.`,
    writer.name,
  ];
}

function ending(writer: Writer, reference: string): Part[] {
  return [`Your reference: ${reference}`, `Questions? Write to ${writer.contact}, who looks after data protection here.`, writer.name];
}

function statusPage(params: Params): Part[] {
  return given(params['statusUrl'], (url) => `See how it stands at any time: ${url}`);
}

function done(params: Params): string {
  if (params['result'] === 'nothing_found') return 'This is done: we looked in every place where we keep personal data, and found nothing about you.';
  return 'This is done: every place where your data was kept has answered.';
}

function asked(params: Params): string {
  return ASKED[params['type'] ?? ''] ?? 'about your data';
}

function given(value: string | undefined, say: (value: string) => string): Part[] {
  return value ? [say(value)] : [];
}

function when(text: string, writer: Writer): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : day(at, writer);
}

/** By time zone; to make one takes longer than the rest of a mail. */
const formats = new Map<string, Intl.DateTimeFormat>();

function day(at: Date, writer: Writer): string {
  let format = formats.get(writer.zone);
  if (!format) formats.set(writer.zone, (format = new Intl.DateTimeFormat('en-GB', { timeZone: writer.zone, dateStyle: 'long' })));
  return format.format(at);
}
