import type { Json, JsonObject } from '@backstep/core'
import type { KubernetesCluster } from '@backstep/testbed'
import { helmLab, type Lab } from './helm-lab.ts'
import { rollbackOn } from './step-on-lab.ts'

/** A small generator of numbers: the same histories for the same seed on every machine (mulberry32, public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One random history: the values of each revision, and which of them is gone back to. */
export function randomHistory(random: () => number): { readonly revisions: readonly JsonObject[]; readonly target: number } {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const some = <T>(from: readonly T[]): readonly T[] => from.filter(() => random() < 0.5)
  const length = 2 + Math.floor(random() * 3)
  const revisions = Array.from({ length }, (): JsonObject => ({
    replicas: pick([1, 2]),
    image: `shop/api:v${Math.floor(random() * 4)}`,
    configs: some(['one', 'two', 'three']),
    environment: Object.fromEntries(some(['MODE', 'LIMIT', 'REGION']).map((name) => [name, pick(['a', 'b', '7'])])),
    labels: Object.fromEntries(some(['team', 'tier']).map((name) => [name, pick(['x', 'y'])])),
  }))
  return { revisions, target: 1 + Math.floor(random() * (length - 1)) }
}

/** What one history ends as, gone back by a person with Helm and by our step. */
export async function bothWays(
  cluster: KubernetesCluster,
  helm: 3 | 4,
  seed: number,
): Promise<{ readonly byHelm: Json; readonly byStep: Json }> {
  const { revisions, target } = randomHistory(randomNumbers(seed))
  const make = async (): Promise<Lab> => {
    const lab = await helmLab({ cluster, helm })
    const [first = {}, ...later] = revisions
    await lab.install(first)
    for (const values of later) await lab.upgrade(values)
    return lab
  }
  const [one, other] = await Promise.all([make(), make()])
  const byHelm = async (): Promise<Json> => {
    await one.helm('rollback', 'r', String(target))
    return one.world()
  }
  const byStep = async (): Promise<Json> => {
    const step = await rollbackOn(cluster, other, helm, { toRevision: target })
    const receipt = step.preparation.changes.length === 0 ? {} : await step.execute()
    if (receipt instanceof Error) throw receipt
    const verdict = await step.verify()
    if (verdict.status !== 'healthy') throw new Error(JSON.stringify(verdict))
    return other.world()
  }
  const [helmWorld, stepWorld] = await Promise.all([byHelm(), byStep()])
  return { byHelm: helmWorld, byStep: stepWorld }
}
