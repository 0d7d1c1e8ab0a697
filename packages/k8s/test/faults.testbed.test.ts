import type { KubernetesClient } from '@backstep/kubernetes'
import { ownCluster } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { faultCases } from './fault-cases.ts'
import { type Fault, type FaultRun, lostAnswer, lostAnswers, noFault, outage, problemsOf, refusedRequests, runWithFault } from './faults.ts'
import { adminClient, create, freshName, removeAndWait, until, worldOf } from './workloads.ts'

/** A small sample; `pnpm soak faults` takes all of it. */
const seeds = Number(process.env['BACKSTEP_FAULT_SEEDS'] ?? 1)
const isWhole = process.env['BACKSTEP_FAULT_SEEDS'] !== undefined
const outageMs = isWhole ? 20_000 : 2000
const share = 0.05

const cluster = await ownCluster()
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const cases = faultCases(() => ({ cluster, admin, namespace }))
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/** After an outage, controllers wait for up to half a minute before they try again. */
async function untilControllersWork(): Promise<void> {
  const probe = { namespace, kind: 'Deployment', name: freshName() } as const
  const tried = async (): Promise<true | undefined> => {
    try {
      await create(admin, probe, { template: { image: 'shop/probe:v1' }, replicas: 1 })
      return true
    } catch {
      return undefined
    }
  }
  await until('the controllers work again', tried, 90_000)
  await worldOf(admin, probe)
  await removeAndWait(admin, probe)
}

/** What the sample leaves out is no test that was skipped: `pnpm soak testbed-whole` has it. */
const onceIf = (isTaken: boolean): readonly number[] => (isTaken ? [1] : [])

/** In the sample each kind of fault meets one step. */
describe.each(cases.map((one, index) => ({ ...one, index })))('$name', { timeout: 7_200_000 }, ({ setUp, index }) => {
  let reference: FaultRun
  beforeAll(async () => {
    reference = await runWithFault(setUp, noFault)
    if (reference.outcome !== 'succeeded') throw new Error(`without any fault the run ended as ${reference.outcome}`)
  }, 120_000)

  async function problemsUnder(faults: readonly Fault[], settle?: () => Promise<void>): Promise<readonly string[]> {
    const problems: string[] = []
    let hits = 0
    for (const fault of faults) {
      const run = await runWithFault(setUp, fault)
      hits += run.hits
      problems.push(...problemsOf(fault, run, reference))
      await settle?.()
    }
    return hits > 0 ? problems : [...problems, 'nothing went wrong in any run']
  }

  it.each(onceIf(isWhole || index === 0))('does each write once when the answer to it is lost', async () => {
    expect(await problemsUnder(numbers(Number(reference.writes)).map(lostAnswer))).toEqual([])
  })

  it.each(onceIf(isWhole || index === 1))('ends as if nothing had been when five requests in a hundred are refused', async () => {
    expect(await problemsUnder(numbers(seeds).map((seed) => refusedRequests(share, seed)))).toEqual([])
  })

  it.each(onceIf(isWhole))('ends as if nothing had been when five answers in a hundred are lost', async () => {
    expect(await problemsUnder(numbers(seeds).map((seed) => lostAnswers(share, seed)))).toEqual([])
  })

  it.each(onceIf(isWhole || index === 2))('ends as if nothing had been when the API server is away in the middle', async () => {
    const all = numbers(reference.contacts.length)
    const writes = all.filter((contact) => reference.contacts[contact - 1]?.mode !== 'read')
    const contacts = isWhole ? all.filter((contact) => writes.includes(contact) || contact % 3 === 1) : writes.slice(0, 1)
    const outages = contacts.map((contact) => outage(cluster, contact, outageMs))
    expect(await problemsUnder(outages, isWhole ? untilControllersWork : undefined)).toEqual([])
  })
})
