import { runService } from '@heed/runtime';
import { retentionService } from './retention.service.js';

await runService(retentionService, process.env);
