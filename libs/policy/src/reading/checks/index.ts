import type { Check } from './check.js';
import { checkCategories } from './data.js';
import { checkUniqueIds } from './ids.js';
import { checkLegalBases } from './legal-bases.js';
import { checkMessages, checkPlans } from './messages.js';
import { checkPromises } from './promises.js';
import { checkPurposes } from './purposes.js';

/** Every rule between sections. A new rule is a function here, a code in `issue.ts` and a broken pack in its test. */
export const CROSS_CHECKS: readonly Check[] = [
  checkUniqueIds,
  checkPromises,
  checkLegalBases,
  checkCategories,
  checkPurposes,
  checkMessages,
  checkPlans,
];
