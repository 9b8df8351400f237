import { defineEvent } from '@heed/kernel';
import { decisionSetBody, requestBody, withdrawalBody } from './bodies.js';

const topics = ['heed.t.{tenant}.ingress.v1'];

export const ingressConsentGiven = defineEvent({
  type: 'heed.ingress.consent_given.v1',
  topics,
  summary: 'A person decided about purposes somewhere outside Heed.',
  data: decisionSetBody,
});

export const ingressConsentWithdrawn = defineEvent({
  type: 'heed.ingress.consent_withdrawn.v1',
  topics,
  summary: 'A person withdrew consent somewhere outside Heed.',
  data: withdrawalBody,
});

export const ingressRequestSubmitted = defineEvent({
  type: 'heed.ingress.request_submitted.v1',
  topics,
  summary: 'A person asked for one of their rights somewhere outside Heed.',
  data: requestBody,
});

export const ingressEvents = [ingressConsentGiven, ingressConsentWithdrawn, ingressRequestSubmitted] as const;
