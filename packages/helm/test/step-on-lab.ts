import type { Position, Preparation, RollbackStep } from '@backstep/core'
import type { KubernetesCluster } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { rollbackRelease, type RollbackReleaseOptions } from '../src/index.ts'
import { contextOf } from './context-of.ts'
import type { Lab } from './helm-lab.ts'

/** What a step needs to reach the release of a lab. */
export function reach(cluster: KubernetesCluster, lab: Lab, helm: 3 | 4) {
  const { kubeconfig, paths } = cluster
  return {
    context: contextOf(kubeconfig),
    kubeconfig,
    namespace: lab.namespace,
    release: 'r',
    helm: helm === 3 ? paths.helm3 : paths.helm4,
  } as const
}

/** A step, one method after the other, without a runner. */
export interface Walk {
  readonly preparation: Preparation
  findings(): readonly string[]
  probe(): Promise<Position>
  /** The receipt, or the error. */
  execute(): Promise<unknown>
  compensate(): Promise<unknown>
  /** Looks until the answer is no longer `progressing`. */
  verify(): Promise<{ readonly status: string }>
}

export function rollbackOn(
  cluster: KubernetesCluster,
  lab: Lab,
  helm: 3 | 4,
  options: Partial<RollbackReleaseOptions> = {},
): Promise<Walk> {
  return walk(rollbackRelease({ ...reach(cluster, lab, helm), toRevision: 1, ...options }))
}

/** Prepares a step and hands the work of its preparation to every other method. */
export async function walk(step: RollbackStep): Promise<Walk> {
  const context = recordingContext({ clock: { now: () => Date.now(), sleep: async () => undefined } })
  const preparation = await step.prepare(context.prepare)
  const work = { prepared: preparation.prepared, snapshot: preparation.snapshot ?? null, mark: context.prepare.mark, receipt: undefined }
  return {
    preparation,
    findings: () => (preparation.findings ?? []).map(({ level, code }) => `${level} ${code}`),
    probe: () => step.probe(work, context.step),
    execute: () => step.execute(work, context.execute).catch((error: unknown) => error),
    compensate: async () => step.compensate?.(work, context.execute).catch((error: unknown) => error),
    async verify() {
      const receipt = { digest: (preparation.prepared as { readonly after: { readonly digest: string } }).after.digest }
      for (let looks = 0; ; looks++) {
        const verdict = await step.verify({ ...work, receipt }, context.step)
        if (verdict.status !== 'progressing' || looks === 200) return verdict
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}
