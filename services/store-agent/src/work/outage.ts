import type { Logger } from '@heed/observability';

/** One line when a store, or Kafka, goes away and one when it is back, however many loops notice. */
export class Outage {
  private since: number | undefined;
  private reason = '';

  constructor(
    private readonly logger: Logger,
    private readonly what: string,
  ) {}

  failed(code: string, error: unknown): void {
    if (this.since !== undefined && this.reason === code) return;
    this.since ??= Date.now();
    this.reason = code;
    this.logger.warn({ code, err: error }, `${this.what} does not answer as it should; the work waits`);
  }

  succeeded(): void {
    if (this.since === undefined) return;
    this.logger.info({ ms: Date.now() - this.since, code: this.reason }, `${this.what} is back`);
    this.since = undefined;
    this.reason = '';
  }
}
