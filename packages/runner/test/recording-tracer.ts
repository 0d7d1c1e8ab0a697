import { trace, type Context, type Span, type SpanOptions, type Tracer } from '@opentelemetry/api'

export interface RecordedSpan {
  readonly name: string
  readonly id: string
  readonly trace: string
  readonly parent: string | undefined
  readonly attributes: unknown
  hasEnded: boolean
}

/** A tracer that keeps what it is told, without an SDK. */
export function recordingTracer(): { readonly tracer: Tracer; readonly spans: RecordedSpan[] } {
  const spans: RecordedSpan[] = []
  const startSpan = (name: string, options: SpanOptions = {}, around?: Context): Span => {
    const parent = around === undefined ? undefined : trace.getSpanContext(around)
    const id = String(spans.length + 1).padStart(16, '0')
    const recorded: RecordedSpan = {
      name,
      id,
      trace: parent?.traceId ?? id.padStart(32, 'a'),
      parent: parent?.spanId,
      attributes: options.attributes,
      hasEnded: false,
    }
    spans.push(recorded)
    return {
      spanContext: () => ({ traceId: recorded.trace, spanId: id, traceFlags: 1 }),
      isRecording: () => true,
      setStatus: () => undefined,
      end: () => {
        recorded.hasEnded = true
      },
    } as unknown as Span
  }
  return { tracer: { startSpan, startActiveSpan: () => undefined } as unknown as Tracer, spans }
}
