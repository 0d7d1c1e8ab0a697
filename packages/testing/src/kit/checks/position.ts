import { RollbackError, type ContactObserver } from '@backstep/core'
import { died } from '../../memory/mortal-ports.ts'
import { callMethod, errorOf, execute, prepare, probe } from '../call.ts'
import { refusedConnection } from '../faults.ts'
import { demand, demandNone, describeError } from '../failure.ts'
import { crashPoints } from '../points.ts'
import type { ConformanceCheck } from '../suite.ts'
import { untruthOf } from '../truth.ts'

/** Lets a process die at one contact: from then on it makes none. */
function deathAt(contact: number, when: 'before' | 'after'): ContactObserver {
  let count = 0
  let isDead = false
  const die = (): never => {
    isDead = true
    throw died()
  }
  return {
    before() {
      if (isDead) throw died()
      count++
      if (count === contact && when === 'before') die()
    },
    after() {
      if (count >= contact && when === 'after') die()
    },
    failed() {
      isDead ||= count >= contact && when === 'after'
    },
  }
}

const tellsTheTruth: ConformanceCheck = {
  promise: 'probe tells the truth wherever execute was interrupted',
  prove: async (suite) => {
    const life = await suite.life()
    const problems: string[] = []
    for (const { contact, name, when } of crashPoints(life.reports.execute?.contacts ?? [], suite.settings)) {
      await suite.inCase(async (one) => {
        const { work } = await prepare(one, one.step())
        await callMethod(one, one.step(), 'execute', work, { observer: deathAt(contact, when) })
        await one.bench.cutConnections?.()
        const position = await probe(one, one.step(), work)
        const untruth =
          position.at === 'unknown' ? `probe stays unknown (${position.detail})` : untruthOf(position, await one.world(), life)
        if (untruth !== undefined) problems.push(`interrupted ${when} contact ${contact} (${name}): ${untruth}`)
      })
    }
    demandNone(problems, 'probe does not say where the world is')
  },
}

const admitsWhatItCannotSee: ConformanceCheck = {
  promise: 'a backend out of reach is never taken for an answer',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const step = one.step()
      const { work } = await prepare(one, step)
      const done = { ...work, receipt: await execute(one, step, work) }
      const bring = await one.bench.unreachable?.()
      const refuse = refusedConnection(one.bench)
      const observer: ContactObserver = { before: (call) => Promise.reject(refuse(call)), after: () => undefined }
      const options = bring === undefined ? { observer } : {}
      const reports = [
        await callMethod(one, one.step(), 'probe', done, options),
        await callMethod(one, one.step(), 'verify', done, options),
      ]
      await bring?.()
      for (const report of reports) {
        const error = errorOf(report)
        const said = 'value' in report.result ? (report.result.value as { readonly at?: string; readonly status?: string }) : undefined
        const isDefinite =
          said !== undefined &&
          said.at !== 'unknown' &&
          said.status !== 'unknown' &&
          said.status !== 'progressing' &&
          said.status !== 'unhealthy'
        demand(!isDefinite, () => `${report.method} says ${said?.at ?? said?.status} although the backend is out of reach`)
        const isOwn = bring !== undefined || one.bench.connectionLost !== undefined
        const mayRetry = error === undefined || (error instanceof RollbackError && (error.canRetry || !isOwn))
        demand(
          mayRetry,
          () => `${report.method} failed with ${describeError(error)}: a backend out of reach is worth another try (canRetry)`,
        )
      }
    }),
}

export const positionChecks: readonly ConformanceCheck[] = [tellsTheTruth, admitsWhatItCannotSee]
