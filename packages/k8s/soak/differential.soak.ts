// Compares undoRollout with `kubectl rollout undo --to-revision` on twins that lived the same random life.
//
//   node packages/k8s/soak/differential.soak.ts [histories, default 300] [seed, default 1]
//
// Needs the testbed's cluster and starts it. Exit code 0: every pair of twins has the same spec, and where anything else differs it is one
// of the differences that the README lists.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubernetesClient } from '@backstep/kubernetes'
import { fileRunner } from '@backstep/runner'
import { devCluster } from '../test/dev-cluster.ts'
import { randomHistory, randomNumbers } from '../test/histories.ts'
import { compareTwins, type Comparison, type TwinYard } from '../test/twins.ts'
import { call, contextName } from '../test/workloads.ts'

const [count = 300, seed = 1] = process.argv.slice(2).map(Number)
const besideEachOther = 10
const { kubeconfig, kubectl } = devCluster()
const admin = kubernetesClient({ context: contextName, kubeconfig })
const namespace = `differential-${process.pid}`
const directory = mkdtempSync(join(tmpdir(), 'backstep-differential-'))
const yard: TwinYard = { admin, runner: fileRunner({ directory }), kubeconfig, kubectl, namespace }

const made = await admin.create({ manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } }, call)
try {
  process.exitCode = await soak()
} finally {
  await admin.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: made?.metadata.uid ?? '' }, call)
  rmSync(directory, { recursive: true, force: true })
}

async function soak(): Promise<number> {
  const random = randomNumbers(seed)
  const histories = Array.from({ length: count }, () => randomHistory(random))
  const kinds: Record<string, number> = {}
  const onPurpose: Record<string, number> = {}
  let undos = 0
  let wrong = 0
  let next = 0
  const begun = performance.now()
  const work = async (): Promise<void> => {
    for (let index = next++; index < histories.length; index = next++) {
      const history = histories[index]
      if (history === undefined) return
      const { undos: done, onPurpose: seen, faults } = await compareTwins(yard, history, `h${index}`).catch(notComparable)
      undos += done
      kinds[history.kind] = (kinds[history.kind] ?? 0) + 1
      for (const [difference, times] of Object.entries(seen)) onPurpose[difference] = (onPurpose[difference] ?? 0) + times
      if (faults.length === 0) continue
      wrong += 1
      const deeds = history.rounds.map((round) => round.deeds.map(({ what }) => what).join(', ')).join(' | undo | ')
      console.log(`history ${index} (${history.kind}: ${deeds}): ${faults.join('; ')}`)
    }
  }
  await Promise.all(Array.from({ length: besideEachOther }, work))
  const text = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, number]) => `${number} ${name}`)
      .toSorted()
      .join(', ')
  console.log(`${count} histories (${text(kinds)}), ${undos} undos, seed ${seed}, ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  console.log(`${wrong} differ; on purpose: ${text(onPurpose)}`)
  return wrong === 0 ? 0 : 1
}

/** A history that could not be lived or undone is a fault like any other. */
function notComparable(error: unknown): Comparison {
  return { undos: 0, onPurpose: {}, faults: [error instanceof Error ? error.message : String(error)] }
}
