import type { JsonObject, Preparation, Restoration, RollbackStep, Work } from '@backstep/core'
import { recordingContext, type RecordingContext } from '@backstep/testing'

/** One step, driven by hand: prepare, execute, and back. */
export interface DrivenStep {
  readonly context: RecordingContext
  readonly preparation: Preparation
  readonly work: Work
  execute(): Promise<JsonObject>
  compensate(): Promise<Restoration>
  probe(): Promise<string>
}

/** Prepares a step against a database whose URL is the secret `DATABASE`. */
export async function drive(step: RollbackStep, url: string): Promise<DrivenStep> {
  const mark = crypto.randomUUID().replaceAll('-', '')
  const context = recordingContext({ secrets: { DATABASE: url }, mark })
  const preparation = await step.prepare(context.prepare)
  let receipt: JsonObject | undefined
  const work = (): Work => ({ prepared: preparation.prepared, snapshot: preparation.snapshot ?? null, mark, receipt })
  return {
    context,
    preparation,
    get work() {
      return work()
    },
    async execute() {
      receipt = await step.execute(work(), context.execute)
      return receipt
    },
    async compensate() {
      const restoration = await step.compensate?.(work(), context.execute)
      receipt = undefined
      return restoration as Restoration
    },
    probe: async () => (await step.probe(work(), context.step)).at,
  }
}
