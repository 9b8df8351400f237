import { runService } from '@heed/runtime';
import { dsarService } from './dsar.service.js';

await runService(dsarService, process.env);
