import type { OpenApiDocument } from '@heed/http';
import { describeService } from '@heed/runtime';
import { consentService } from '@heed/consent';
import { dsarService } from '@heed/dsar';
import { notificationsService } from '@heed/notifications';
import { retentionService } from '@heed/retention';
import { registryService } from '@heed/subprocessor-registry';

/** What each service serves, by its name. */
export const documents: Readonly<Record<string, OpenApiDocument>> = {
  consent: describeService(consentService),
  dsar: describeService(dsarService),
  retention: describeService(retentionService),
  'subprocessor-registry': describeService(registryService),
  notifications: describeService(notificationsService),
};
