import type { KubernetesClient } from '@backstep/kubernetes'
import type { KubernetesCluster } from '@backstep/testbed'
import { findRevision, type FindRevisionOptions, type FoundRevision } from '../src/find-revision.ts'
import { imagesOf } from '../src/revisions.ts'
import { undoRollout, type UndoRolloutOptions } from '../src/undo-rollout.ts'
import { readWorkload, templateOf, type WorkloadKind, type WorkloadName } from '../src/workload.ts'
import { ask, walk, type Walk } from './walk.ts'
import {
  adminClient,
  call,
  contextName,
  create,
  freshName,
  release,
  revisionWith,
  type TemplateOptions,
  until,
  type WorkloadManifest,
  worldOf,
} from './workloads.ts'

export const good: TemplateOptions = { image: 'shop/checkout:v1' }
export const bad: TemplateOptions = { image: 'shop/checkout:v2' }
export const broken: TemplateOptions = { image: 'shop/checkout:broken' }

/** One namespace of a cluster, with what tests of an undo do in it. */
export interface Yard {
  readonly admin: KubernetesClient
  readonly namespace: string
  /** A workload with two releases, the first of which was fine. */
  released(kind?: WorkloadKind, first?: Omit<WorkloadManifest, 'kind' | 'template'>, second?: TemplateOptions): Promise<WorkloadName>
  undo(workload: WorkloadName, options?: Partial<UndoRolloutOptions>, image?: string): Promise<Walk>
  find(workload: WorkloadName, choose: FindRevisionOptions['choose']): Promise<FoundRevision>
  imageNow(workload: WorkloadName): Promise<string | undefined>
  /** Waits until a pod is there that is not ready and stays so. */
  untilBroken(workload: WorkloadName): Promise<void>
}

export async function yardIn(cluster: KubernetesCluster): Promise<Yard> {
  const admin = adminClient(cluster)
  const namespace = (await cluster.namespace()).name
  const connection = { context: contextName, kubeconfig: cluster.kubeconfig }
  return {
    admin,
    namespace,
    async released(kind = 'Deployment', first = {}, second = bad) {
      const workload: WorkloadName = { namespace, kind, name: freshName() }
      await create(admin, workload, { template: good, ...first })
      await worldOf(admin, workload)
      await release(admin, workload, second)
      return workload
    },
    async undo(workload, options = {}, image = good.image) {
      const to = options.to ?? (await revisionWith(admin, workload, image)).name
      return walk(undoRollout({ ...connection, ...workload, ...options, to }, { client: admin }))
    },
    find: (workload, choose) => ask(findRevision({ ...connection, ...workload, choose }, { client: admin })),
    imageNow: async (workload) => imagesOf(templateOf(await readWorkload(admin, workload, call)))[0]?.image,
    async untilBroken(workload) {
      await until('a pod is broken', async () => {
        const { running } = (await worldOf(admin, workload)) as { readonly running: readonly { readonly isReady: boolean }[] }
        return running.some(({ isReady }) => !isReady) || undefined
      })
    },
  }
}
