/**
 * The part of a promise that no software keeps, in a few words, by id. A promise with such a part is still counted as kept by
 * its tests: they show the other part.
 */
export const ORGANISATIONAL: Readonly<Record<string, string>> = {
  'AJU-48': 'who is given which role, at the identity provider',
  'AJU-49': "handing out the keys; which makers' certificates count",
  'AJU-50': 'the decisions of a review',
  'AUR-06': 'what the product itself keeps for a person, beyond what is registered with Heed',
  'AUR-08': 'a new secret for the application, at the identity provider',
  'AUR-16': 'separate networks and environments; Heed shows least privilege at its databases, topics and routes',
  'AUR-19': 'single sign-on at the identity provider; the decisions of a review',
  'ASK-18': "people's passwords, at the identity provider",
};
