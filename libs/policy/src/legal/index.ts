export { LAW_PRESETS, lawInForce, type LawPreset, type LawVersion, type LegalClock } from './presets.js';
export { lawsFor, resolveJurisdiction } from './jurisdictions.js';
