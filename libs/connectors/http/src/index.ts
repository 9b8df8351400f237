export { HttpConnector, type HttpConnectorOptions } from './connector.js';
export { webhookSignature, type ConsentWebhookOptions } from './consent-webhook.js';
export type { OpenDsrOptions } from './opendsr/client.js';
