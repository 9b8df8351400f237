import { readMailProcessorConfig } from './mail-processor/mail-processor.config.js';
import { mailProcessor } from './mail-processor/server.js';

const { port, ...options } = readMailProcessorConfig();
const server = mailProcessor(options);
server.listen(port, '127.0.0.1', () => process.stdout.write(`mail processor ready on ${port}\n`));
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
