import type { RunRecord, SealedPlan } from '@backstep/core'

/** A sealed plan of one step, as small as one can be. */
export const samplePlan: SealedPlan = {
  format: 'backstep-plan/v1',
  name: 'return checkout',
  onFailure: 'halt',
  tree: { type: 'sequence', id: '0', children: [] },
  always: [],
  values: { 'release.previous@shop': { tag: 'v41' } },
  hash: 'c3'.repeat(32),
}

const start = Date.UTC(2026, 10, 22, 4, 30)

export function created(runId: string): RunRecord {
  return {
    at: start,
    type: 'run.created',
    runId,
    planHash: samplePlan.hash,
    previewHash: 'd4'.repeat(32),
    approved: {},
    approvals: [],
    leases: ['k8s:1/apps/Deployment/checkout'],
    actor: { id: 'ana', roles: ['sre'] },
    engine: 'backstep/0.0.0',
  }
}

export function intended(number: number): RunRecord {
  return { at: start + number, type: 'step.intended', id: `k8s.undo-rollout@shop/checkout-${number}`, attempt: 1, key: `key-${number}` }
}

/** With text that is not ASCII, so that lengths in bytes and in characters differ. */
export function noted(number: number): RunRecord {
  return { at: start + number, type: 'step.noted', id: 'script.run@añadir "línea"\n', note: { number, text: 'Größe 🚀 \\ \u2028' } }
}

export function resumed(epoch: number): RunRecord {
  return { at: start, type: 'run.resumed', epoch, actor: { id: 'ana' } }
}

export async function* streamOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
