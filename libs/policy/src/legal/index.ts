export { ageLimits, ageOfConsent, childPromise, type AgeOfConsent } from './age-of-consent.js';
export { LAW_PRESETS, lawInForce, type LawPreset, type LawVersion, type LegalClock } from './presets.js';
export { lawsFor, resolveJurisdiction } from './jurisdictions.js';
