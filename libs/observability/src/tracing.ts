import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace';

export { SpanKind };

let provider: TracerProvider | undefined;
let tracer: Tracer = trace.getTracer('heed');

/**
 * Sends spans to an OTLP/HTTP collector. Without an endpoint nothing is recorded, and an incoming `traceparent` is
 * handed on unchanged. Context is passed explicitly, as everything else is.
 */
export function startTracing(service: string, endpoint: string | undefined): void {
  if (!endpoint || provider) return;
  provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `heed-${service}` }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
        scheduledDelayMillis: 500,
      }),
    ],
  });
  tracer = provider.getTracer('heed');
}

export async function stopTracing(): Promise<void> {
  await provider?.shutdown().catch(() => undefined);
  provider = undefined;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly traceparent?: string | undefined;
  readonly attributes?: Attributes;
}

export interface OpenSpan {
  /** What to hand on to what this span causes. */
  readonly traceparent: string | undefined;
  end(failed?: boolean): void;
}

/**
 * Begins a span; end it whatever happens.
 * @example const span = openSpan('relay publish', { kind: SpanKind.PRODUCER, traceparent }); … span.end();
 */
export function openSpan(name: string, options: SpanOptions): OpenSpan {
  if (!provider) return { traceparent: options.traceparent, end: () => undefined };
  const span = tracer.startSpan(name, { kind: options.kind ?? SpanKind.INTERNAL, attributes: options.attributes ?? {} }, parentOf(options.traceparent));
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    end: (failed = false) => {
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** A point in a trace: one record of a batch on its way. Only where a trace exists already. Returns the `traceparent` to hand on. */
export function markSpan(name: string, options: SpanOptions): string | undefined {
  if (!options.traceparent) return undefined;
  const span = openSpan(name, options);
  span.end();
  return span.traceparent;
}

function parentOf(traceparent: string | undefined): Context {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '');
  if (!match?.[1] || !match[2] || !match[3]) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: match[1], spanId: match[2], traceFlags: Number.parseInt(match[3], 16), isRemote: true });
}
