import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject, Plan, PreparedPreview, Risk, RunView } from '@backstep/core'
import { kubernetesClient } from '@backstep/kubernetes'
import { fileRunner, type Runner } from '@backstep/runner'
import type { KubernetesCluster } from '@backstep/testbed'
import type { Place } from '../plans/place.ts'
import { call, type Stage } from '../story/cluster.ts'
import { answers, everybodyAgrees } from '../story/people.ts'
import { refOf } from '../story/releases.ts'

/** A namespace of the cluster, and a runner that keeps what it is told to deliver. */
export interface Scene {
  readonly stage: Stage
  readonly runner: Runner
  readonly delivered: string[]
  /** The input of every plan here. */
  place(name: string): Place
  /** Previews, has everybody say yes, and runs. */
  carryOut(
    plan: Plan<Risk>,
    decisions?: Readonly<Record<string, string>>,
  ): Promise<{ readonly preview: PreparedPreview; readonly view: RunView }>
  deployment(name: string): Promise<JsonObject>
  end(): void
}

export async function openScene(cluster: KubernetesCluster): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'backstep-kubernetes-undo-'))
  const { kubeconfig } = cluster
  const context = 'testbed'
  const { name: namespace } = await cluster.namespace()
  const stage: Stage = { context, kubeconfig, namespace, client: kubernetesClient({ context, kubeconfig }) }
  const delivered: string[] = []
  const runner = fileRunner({ directory, deliver: async ({ kind }) => void delivered.push(kind) })
  return {
    stage,
    runner,
    delivered,
    place: (name) => ({ context, kubeconfig, namespace, name, window: '2s' }),
    async carryOut(plan, decisions = {}) {
      const preview = await runner.preview(plan)
      const view = await runner.run(plan, { approved: preview, approvals: everybodyAgrees(preview), ...answers(preview, decisions) })
      return { preview, view }
    },
    async deployment(name) {
      const live = await stage.client.get(refOf(stage, name), call)
      if (live === undefined) throw new Error(`there is no ${name}`)
      return live['spec'] as JsonObject
    },
    end: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export function codes(preview: PreparedPreview, level: string): readonly string[] {
  return [...preview.findings, ...preview.steps.flatMap(({ findings }) => findings ?? [])]
    .filter((finding) => finding.level === level)
    .map(({ code }) => code)
}
