import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Span {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
}

interface Otlp {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] };
    readonly scopeSpans?: readonly {
      readonly spans?: readonly { readonly name: string; readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string }[];
    }[];
  }[];
}

/** A small OTLP/HTTP collector: what an operator's would receive. */
export class TraceCollector {
  readonly spans: Span[] = [];
  /** The bodies as they came. */
  readonly raw: Buffer[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      this.raw.push(body);
      this.take(JSON.parse(body.toString('utf8')) as Otlp);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(body: Otlp): void {
    for (const resource of body.resourceSpans ?? []) {
      const service = resource.resource?.attributes?.find((attribute) => attribute.key === 'service.name')?.value.stringValue ?? '';
      for (const span of resource.scopeSpans?.flatMap((scope) => scope.spans ?? []) ?? []) {
        this.spans.push({ service, name: span.name, traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId || undefined });
      }
    }
  }
}
