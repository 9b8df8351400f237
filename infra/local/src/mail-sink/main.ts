import { systemClock } from '@heed/kernel';
import { onEnd } from '../process/on-end.js';
import { makeMailPages } from './http.js';
import { readMailSinkConfig } from './mail-sink.config.js';
import { MailStore } from './mail-store.js';
import { makeSmtpServer } from './smtp.js';

const config = readMailSinkConfig();
const store = new MailStore(config.HEED_MAIL_DIR);
const smtp = makeSmtpServer(store, () => systemClock.now());
const pages = makeMailPages(store);
smtp.on('error', (error) => console.error(`smtp: ${error.message}`));
smtp.listen(config.HEED_SMTP_PORT, '127.0.0.1', () => {
  pages.listen(config.HEED_PORT, '127.0.0.1', () => console.log(`mail sink ready: SMTP ${config.HEED_SMTP_PORT}, pages ${config.HEED_PORT}`));
});
onEnd(pages, () => new Promise((resolve) => smtp.close(() => resolve())));
