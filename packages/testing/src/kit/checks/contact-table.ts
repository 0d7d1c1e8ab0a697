import { setTimeout as wait } from 'node:timers/promises'
import type { ContactCall, ContactObserver, Json } from '@backstep/core'
import { callMethod, errorOf, prepare, stepMethods, type CallReport, type StepWork } from '../call.ts'
import type { Case } from '../case.ts'
import { demand, demandNone, describeError, isSame } from '../failure.ts'
import type { ConformanceCheck, Suite } from '../suite.ts'

/** Watches the counter of the backend around every contact, and says which of them wrote although it may not. */
function honestyOf(one: Case, last: { value: Json }): { readonly observer: ContactObserver; readonly problems: string[] } {
  const problems: string[] = []
  const open = new Set<ContactCall>()
  const tainted = new Set<ContactCall>()
  const hasMoved = async (): Promise<boolean> => {
    const now = await one.writes()
    const moved = !isSame(now, last.value)
    last.value = now
    return moved
  }
  const end = async (call: ContactCall): Promise<void> => {
    const moved = await hasMoved()
    const mayWrite = tainted.has(call) || [...open].some(({ mode }) => mode !== 'read')
    open.delete(call)
    if (moved && !mayWrite) problems.push(`the read contact "${call.name}" wrote something`)
  }
  const observer: ContactObserver = {
    async before(call) {
      const mayWrite = [...open].some(({ mode }) => mode !== 'read')
      if ((await hasMoved()) && !mayWrite) problems.push(`something was written past the port, before the contact "${call.name}"`)
      open.add(call)
      if (call.mode !== 'read') for (const other of open) tainted.add(other)
      else if (mayWrite) tainted.add(call)
    },
    after: end,
    failed: (call) => void open.delete(call),
  }
  return { observer, problems }
}

/** Every method once, each under the same watch. */
async function wholeLife(one: Case, observer: ContactObserver): Promise<readonly CallReport[]> {
  const step = one.step()
  const { work } = await prepare(one, step, { observer })
  const reports: CallReport[] = []
  let current: StepWork = work
  for (const method of stepMethods) {
    if (method === 'compensate' && step.compensate === undefined) continue
    const report = await callMethod(one, step, method, method === 'prepare' ? { ...current, mark: `${current.mark}0` } : current, {
      observer,
    })
    reports.push(report)
    if (method === 'execute' && 'value' in report.result) current = { ...current, receipt: report.result.value as StepWork['receipt'] }
  }
  return reports
}

async function proveTable(suite: Suite): Promise<void> {
  const { step, isHarmless } = await suite.facts()
  demand(
    isHarmless || step.contacts !== undefined,
    () => 'The step has no table of contacts: give it a client with a table, so that its calls can be seen and crashed',
  )
  await suite.inCase(async (one) => {
    const last = { value: await one.writes() }
    const { observer, problems } = honestyOf(one, last)
    const reports = await wholeLife(one, observer)
    const refused = reports.map(errorOf).filter((error) => error instanceof Error && error.message.includes('not in the table of contacts'))
    problems.push(...refused.map(describeError))
    if (!isSame(await one.writes(), last.value)) problems.push('something was written past the port, after the last contact')
    demandNone([...new Set(problems)], 'The table of contacts does not say what the step does')
  })
}

const tableIsTrue: ConformanceCheck = { promise: 'every contact is in the table, with its true mode', prove: proveTable }

const everyContactIsAwaited: ConformanceCheck = {
  promise: 'every contact is awaited',
  prove: (suite) =>
    suite.inCase(async (one) => {
      // Slow contacts: one that answers at once is over before anybody can see that it was not awaited.
      const reports = await wholeLife(one, { before: () => wait(5), after: () => undefined })
      demandNone(
        reports.flatMap(({ method, forgotten }) => forgotten.map((name) => `${method} returned while "${name}" was still under way`)),
        'A contact was forgotten: await every call of the client',
      )
    }),
}

export const contactTableChecks: readonly ConformanceCheck[] = [tableIsTrue, everyContactIsAwaited]
