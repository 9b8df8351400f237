import { runService } from '@heed/runtime';
import { consentService } from './consent.service.js';

await runService(consentService, process.env);
