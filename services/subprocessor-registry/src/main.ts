import { runService } from '@heed/runtime';
import { registryService } from './registry.service.js';

await runService(registryService, process.env);
