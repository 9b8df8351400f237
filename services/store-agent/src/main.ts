import { ConfigError, trustAuthorities } from '@heed/config';
import { armFailpoint } from '@heed/kernel';
import { makeLogger, startTracing, stopTracing } from '@heed/observability';
import { startAgent } from './agent.js';
import { loadAgentConfig } from './config/agent.config.js';

try {
  const config = await loadAgentConfig();
  trustAuthorities(config.env);
  armFailpoint(config.env.HEED_FAILPOINT, config.env.NODE_ENV);
  startTracing('store-agent', config.env.OTEL_EXPORTER_OTLP_ENDPOINT);
  const logger = makeLogger('store-agent', config.env.LOG_LEVEL);
  const agent = await startAgent(config, logger);
  const end = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'draining');
    void agent.stop().then(stopTracing).then(() => process.exit(0));
  };
  process.on('SIGHUP', () => agent.changeKeys().catch((error: unknown) => logger.error({ err: error }, 'new keys could not be made')));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
