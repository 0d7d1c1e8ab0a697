import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kubernetesClient } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { recordingContext, testInChildProcess } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '@backstep/core'
import { helmClient, releaseObjects, rollbackRelease } from '../src/index.ts'
import { contextOf } from './context-of.ts'
import { helmLab, type Lab } from './helm-lab.ts'

const cluster = await system('kubernetes')
const isWrite = /^(?:POST|PUT|PATCH|DELETE) \S*\/namespaces\//

async function twoRevisions(helm: 3 | 4): Promise<Lab> {
  const lab = await helmLab({ cluster, helm })
  await lab.install({ replicas: 1, configs: ['good'] })
  await lab.upgrade({ replicas: 1, image: 'shop/api:v2', configs: ['bad'], environment: { MODE: 'new' } })
  await lab.world()
  return lab
}

/** A step whose Helm goes through a proxy, and whose own eyes do not. */
async function proxied(helm: 3 | 4) {
  const lab = await twoRevisions(helm)
  const proxy = await cluster.faultProxy()
  const { kubeconfig } = proxy
  const binary = helm === 3 ? cluster.paths.helm3 : cluster.paths.helm4
  const place = { context: contextOf(kubeconfig), kubeconfig, driver: 'secret', helm: binary } as const
  const objects = releaseObjects(kubernetesClient({ context: contextOf(cluster.kubeconfig), kubeconfig: cluster.kubeconfig }))
  const options = { context: place.context, kubeconfig, namespace: lab.namespace, release: 'r', toRevision: 1, helm: binary }
  const step = rollbackRelease(options, { client: helmClient({ ...place, objects }) })
  const context = recordingContext()
  const { prepared } = await step.prepare(context.prepare)
  return { lab, proxy, step, context, work: { prepared, snapshot: null, mark: 'mark', receipt: undefined } }
}

const failure = (error: unknown): { readonly code: string; readonly effect: string } =>
  error as { readonly code: string; readonly effect: string }

/** With the answer to its last write lost, Helm may have ended by itself. */
function killIfThere(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL')
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ESRCH') throw error
  }
}

/** After the n-th write of Helm has reached the server, Helm is killed; then the step is executed again. */
async function killHelmAfterWrite(helm: 3 | 4, write: number | undefined) {
  const { lab, proxy, step, context, work } = await proxied(helm)
  let writes = 0
  const fault = proxy.inject({ act: 'drop', at: { bytes: (request) => isWrite.test(request.toString('latin1')) && ++writes === write } })
  const folder = await context.step.workDirectory()
  void fault.happened.then(async () => {
    const [id] = (await readFile(join(folder, `helm.${lab.namespace}.r.mark`), 'utf8')).split(' ')
    killIfThere(Number(id))
  })
  const first = await step.execute(work, context.execute).then(() => undefined, failure)
  const position = await step.probe(work, context.step)
  const receipt = await step.execute(work, context.execute)
  const at = await step.probe({ ...work, receipt }, context.step)
  await context.cleanUp()
  return { first, position, at, writes, world: await lab.world(), records: await lab.records() }
}

for (const helm of [3, 4] as const) {
  describe(`Helm ${helm}, killed in the middle of a rollback`, () => {
    let smooth: { readonly writes: number; readonly world: Json; readonly records: readonly string[] }
    beforeAll(async () => {
      smooth = await killHelmAfterWrite(helm, undefined)
    })

    it('ends as if it had not been, at whatever write of its own it was killed', { timeout: 300_000 }, async () => {
      expect(smooth.records).toEqual(['1 superseded', '2 superseded', '3 deployed'])
      expect(smooth.writes).toBeGreaterThan(5)
      let hits = 0
      for (let write = 1; write <= smooth.writes; write++) {
        const { first, position, at, world, records } = await killHelmAfterWrite(helm, write)
        expect({ write, at: at.at, world, records }).toEqual({ write, at: 'after', world: smooth.world, records: smooth.records })
        // A request in two pieces may have been cut before the server had all of it.
        const effect = position.at === 'before' ? 'none' : 'unknown'
        // On a busy machine Helm may have ended before the signal reached it.
        if (first === undefined) continue
        hits++
        if (write < smooth.writes) expect({ write, first }).toMatchObject({ write, first: { effect } })
        if (write > 2 && write < smooth.writes) expect({ write, position }).toMatchObject({ write, position: { at: 'between' } })
      }
      expect(hits).toBeGreaterThan(smooth.writes / 2)
    })
  })

  describe(`Helm ${helm}, whose look at an object that it should delete is lost`, () => {
    it.each([
      ['forward', 'r-bad'],
      ['on the way back', 'r-good'],
    ])('%s leaves nothing over', { timeout: 120_000 }, async (direction, name) => {
      const { lab, proxy, step, context, work } = await proxied(helm)
      const before = await lab.world()
      const go = async (): Promise<unknown> =>
        direction === 'forward' ? step.execute(work, context.execute) : step.compensate?.(work, context.execute)
      if (direction !== 'forward') await step.execute(work, context.execute)
      const looksAt = new RegExp(`^(?:GET|DELETE) \\S*/configmaps/${name}`)
      const fault = proxy.inject({ act: 'cut', at: { bytes: (request) => looksAt.test(request.toString('latin1')) }, times: 40 })
      const first = await go().then(() => undefined, failure)
      proxy.heal()
      if (first !== undefined) expect(first).toMatchObject({ effect: 'unknown' })
      await go()
      expect(fault.count).toBeGreaterThan(0)
      expect(await step.probe(work, context.step)).toMatchObject({ at: direction === 'forward' ? 'after' : 'before' })
      const now = await lab.world()
      if (direction === 'forward') expect(JSON.stringify(now)).not.toContain('r-bad')
      else expect(now).toEqual(before)
      await context.cleanUp()
    })
  })

  testInChildProcess({
    name: `rollback-release with Helm ${helm}`,
    describe,
    it,
    module: new URL('./rollback.child.ts', import.meta.url),
    every: sampled(12),
    randomRuns: 4,
    seed: helm,
    setUp: async () => {
      const lab = await twoRevisions(helm)
      const { kubeconfig, paths } = cluster
      const input = { context: contextOf(kubeconfig), kubeconfig, namespace: lab.namespace, helm: helm === 3 ? paths.helm3 : paths.helm4 }
      return { input, world: () => lab.world() }
    },
  })
}
