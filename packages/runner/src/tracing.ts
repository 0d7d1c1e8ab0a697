import type { Command, IndexedLeaf } from '@backstep/core'
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Session } from './session.ts'

/** One span per phase of a step, below the span of the run. Does nothing until the program registers a provider. */
export function traced(session: Session, node: IndexedLeaf, command: Command, work: () => Promise<void>): Promise<void> {
  return session.span.isRecording() ? inSpan(session, node, command, work) : work()
}

async function inSpan(session: Session, node: IndexedLeaf, command: Command, work: () => Promise<void>): Promise<void> {
  const parent = trace.setSpan(context.active(), session.span)
  const attributes = {
    'backstep.run': session.run.runId,
    'backstep.step': command.id,
    'backstep.kind': node.sealed.kind,
    'backstep.attempt': command.attempt,
    'backstep.epoch': session.run.epoch,
  }
  const span = session.ports.tracer.startSpan(`${command.do} ${command.id}`, { attributes }, parent)
  try {
    await context.with(trace.setSpan(parent, span), work)
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
    throw error
  } finally {
    span.end()
  }
}

/** The W3C trace context of a span, to be journalled; `undefined` when nothing is recorded. */
export function traceParent(span: Session['span']): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return /^0*$/.test(traceId) ? undefined : `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
