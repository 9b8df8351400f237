import { defineEvent } from '@heed/kernel';
import { decisionSetBody, decisionSetV1, requestBody, withdrawalBody, withdrawalV1 } from './bodies.js';
import { identityLinkedBody } from './identity.js';

const topics = ['heed.t.{tenant}.ingress.v1'];

export const ingressConsentGiven = defineEvent({
  type: 'heed.ingress.consent_given.v1',
  topics,
  summary: 'A person decided about purposes somewhere outside Heed.',
  data: decisionSetV1,
});

export const ingressConsentGivenV2 = defineEvent({
  type: 'heed.ingress.consent_given.v2',
  topics,
  summary: 'A person decided about purposes somewhere outside Heed; also where they live, how old they are, and on which domain.',
  data: decisionSetBody,
});

export const ingressConsentWithdrawn = defineEvent({
  type: 'heed.ingress.consent_withdrawn.v1',
  topics,
  summary: 'A person withdrew consent somewhere outside Heed.',
  data: withdrawalV1,
});

export const ingressConsentWithdrawnV2 = defineEvent({
  type: 'heed.ingress.consent_withdrawn.v2',
  topics,
  summary: 'A person withdrew consent somewhere outside Heed; also where they live, and on which domain.',
  data: withdrawalBody,
});

export const ingressRequestSubmitted = defineEvent({
  type: 'heed.ingress.request_submitted.v1',
  topics,
  summary: 'A person asked for one of their rights somewhere outside Heed.',
  data: requestBody,
});

export const ingressIdentityLinked = defineEvent({
  type: 'heed.ingress.identity_linked.v1',
  topics,
  summary: 'A person was found to be behind more identifiers somewhere outside Heed: they logged in, proved an address, or came with an import.',
  data: identityLinkedBody,
});

export const ingressEvents = [
  ingressConsentGiven, ingressConsentGivenV2, ingressConsentWithdrawn, ingressConsentWithdrawnV2, ingressRequestSubmitted,
  ingressIdentityLinked,
] as const;
