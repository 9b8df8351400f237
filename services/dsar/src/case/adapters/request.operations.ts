import { requestBody } from '@heed/contracts-ingress';
import { pageAnswer, pageQuery } from '@heed/http';
import type { OperationOptions } from '@heed/http';
import { uuid } from '@heed/kernel';
import { z } from 'zod';
import { REQUEST_STATES } from '../domain/request-state.js';
import { requestAnswer, requestOpenedAnswer, requestSummary } from './request.answer.js';

const words = z.string().trim().min(1).max(2000);
export const verifyBody = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('operator_attested'), note: words }),
  z.strictObject({ method: z.literal('code'), code: z.string().max(64) }),
]);
export const noteBody = z.strictObject({ note: words.optional() }).default({});
export const confirmBody = z.strictObject({ include: z.boolean(), note: words.optional() });
export const refuseBody = z.strictObject({ reason: words });
/** Without a reason the act is in conflict with the promise, not with the form (AJU-41). */
export const extendBody = z.strictObject({ reason: z.string().trim().max(2000).default('') }).default({ reason: '' });
export const listQuery = pageQuery.extend({ state: z.enum(REQUEST_STATES).optional() });

const params = z.object({ id: uuid });
const acts = { params, answers: { 200: requestAnswer } };
const unknown = { 404: ['not_found'] };

/** What callers are told of `/v1/requests`. */
export const operations = {
  open: {
    id: 'openRequest',
    summary: "Opens a person's request, such as to be erased",
    description: 'The deadlines of the policy and the law run from its arrival (AJU-39, AJU-40). The person gets a mail with the way to a status page.',
    body: requestBody.meta({ id: 'NewRequest' }),
    example: { type: 'erase', subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, jurisdiction: 'IN', channel: 'api', message: 'please' },
    answers: { 201: requestOpenedAnswer },
    refusals: { 422: ['request_type_not_offered', 'request_type_not_served'] },
    leadsTo: { getRequest: { id: '/id' }, verifyRequest: { id: '/id' }, extendRequest: { id: '/id' }, refuseRequest: { id: '/id' } },
  },
  list: {
    id: 'listRequests',
    summary: 'Lists requests, newest first',
    query: listQuery,
    answers: { 200: pageAnswer(requestSummary) },
    leadsTo: { getRequest: { id: '/items/0/id' }, getCertificate: { id: '/items/0/id' } },
  },
  get: {
    id: 'getRequest',
    summary: 'Shows a request with its deadlines, its timeline and what each store has answered',
    ...acts,
    refusals: unknown,
  },
  verify: {
    id: 'verifyRequest',
    summary: 'States that the request comes from the person it is about',
    description: 'Nothing is erased of a person who was not verified (AUR-30).',
    ...acts,
    body: verifyBody,
    example: { method: 'operator_attested', note: 'known by account' },
    refusals: { ...unknown, 409: ['state_conflict'], 422: ['verification_method_not_offered'] },
    leadsTo: { approveRequest: { id: '/id' } },
  },
  approve: {
    id: 'approveRequest',
    summary: 'Lets the erasure out to every store',
    description: "A person's act. The request closes by itself, with a certificate, when every store has answered; a legal hold keeps it back until it is released.",
    ...acts,
    body: noteBody,
    example: { note: 'checked' },
    refusals: { ...unknown, 409: ['state_conflict', 'person_unconfirmed'] },
    leadsTo: { getDispatch: { id: '/dispatchIds/0' }, closeRequest: { id: '/id' }, getCertificate: { id: '/id' } },
  },
  confirmPerson: {
    id: 'confirmRequestPerson',
    summary: 'Says whether an erasure is about people who were merged with the person, or split off, while it was open',
    description: "A person's act. Until then nothing of it is sent (`asksAbout`). An erasure that was sent before cannot be about more people: they get a request of their own.",
    ...acts,
    body: confirmBody,
    example: { include: false, note: 'asked on the phone' },
    refusals: { ...unknown, 409: ['state_conflict', 'erasure_sent'] },
  },
  refuse: {
    id: 'refuseRequest',
    summary: 'Says no, with the reason, which the person is told',
    ...acts,
    body: refuseBody,
    example: { reason: 'The account belongs to somebody else.' },
    refusals: { ...unknown, 409: ['state_conflict'] },
  },
  extend: {
    id: 'extendRequest',
    summary: 'Takes the further time that the policy allows, with the reason, which the person is told',
    description: 'AJU-41: once, by thirty days, before the deadline.',
    ...acts,
    body: extendBody,
    example: { reason: 'Three archives have to be searched.' },
    refusals: {
      ...unknown,
      409: ['state_conflict', 'extension_used_up', 'extension_reason_missing', 'extension_too_late'],
      422: ['extension_not_promised', 'extension_gains_nothing'],
    },
  },
  close: {
    id: 'closeRequest',
    summary: 'Closes a request by hand, where every store has answered',
    ...acts,
    body: noteBody,
    example: { note: 'every store has answered' },
    refusals: { ...unknown, 409: ['state_conflict', 'request_open'] },
  },
} satisfies Readonly<Record<string, OperationOptions>>;
