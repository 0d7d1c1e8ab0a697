import { isHazardous, isWithinApproval, type Idempotency, type Preparation } from '@backstep/core'
import { callMethod, newMark, prepare, valueOf } from '../call.ts'
import { demandNone, isSame } from '../failure.ts'
import { notPlainIn } from '../plain-data.ts'
import type { ConformanceCheck, Facts } from '../suite.ts'

const largestPrepared = 65_536
const order: readonly Idempotency[] = ['natural', 'keyed', 'none']

const survivesTheJournal: ConformanceCheck = {
  promise: 'a preparation survives the journal',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const given = { prepared: {}, snapshot: null, mark: newMark(), receipt: undefined }
      const { prepared, snapshot, ...shown } = valueOf(await callMethod(one, one.step(), 'prepare', given)) as Preparation
      const bytes = Buffer.byteLength(JSON.stringify(prepared))
      const tooLarge =
        bytes > largestPrepared
          ? [`prepared has ${bytes} bytes as JSON, and at most ${largestPrepared} go into a journal: move large values into the snapshot`]
          : []
      const lost = [...notPlainIn(prepared, 'prepared'), ...notPlainIn(snapshot ?? null, 'snapshot'), ...notPlainIn(shown, 'preparation')]
      demandNone(
        [...lost.map((problem) => `${problem}, which JSON does not give back`), ...tooLarge],
        'What prepare returned cannot be read back after a crash',
      )
    }),
}

const staysWithinItsPromises: ConformanceCheck = {
  promise: 'a preparation stays within the promises of its step',
  prove: async (suite) => {
    const facts = await suite.facts()
    const { preparation } = await suite.inCase((one) => prepare(one, one.step()))
    demandNone(beyond(preparation, facts), 'The preparation says more than the step promised')
  },
}

function beyond({ risk, idempotency, changes, undo }: Preparation, { step, canUndo }: Facts): readonly string[] {
  const unsaid = risk
    .filter((one) => !step.risk.includes(one))
    .map((one) => `it risks ${one}, and traits.risk says ${step.risk.join(', ')}`)
  const promised = step.traits.idempotency
  const isBetter = idempotency !== undefined && order.indexOf(idempotency) < order.indexOf(promised)
  const nameless = risk.includes('data-loss') && !changes.some(({ dataLoss }) => dataLoss !== undefined)
  return [
    ...unsaid,
    ...(isBetter ? [`its idempotency is ${idempotency}, better than the promised ${promised}`] : []),
    ...(nameless ? ['it loses data, and no change says which: fill in `dataLoss`'] : []),
    ...(canUndo || undo === undefined ? [] : ['it describes an undo, and the step has none']),
    ...(isHazardous(risk) || !changes.some(({ dataLoss }) => dataLoss !== undefined && dataLoss.keptIn === undefined)
      ? []
      : ['a change loses data, and the risk does not say so']),
  ]
}

const saysWhatChanges: ConformanceCheck = {
  promise: 'a preparation says what changes, and preparing again says the same',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { preparation } = await prepare(one, one.step())
      const { preparation: again } = await prepare(one, one.step())
      const within = isWithinApproval(preparation, again)
      const unsteady = [
        ...(within.within ? [] : [`prepared again in the same world it is no longer what was approved: ${within.why}`]),
        ...(isSame(again.guards, preparation.guards)
          ? []
          : ['its guards differ although nothing moved, so every run would be refused as drifted']),
        ...(isSame(again.leases, preparation.leases) ? [] : ['its leases differ although nothing moved']),
      ]
      demandNone([...unsaid(preparation), ...unsteady], 'A person could not approve this preparation')
    }),
}

function unsaid({ summary, changes, leases, findings = [] }: Preparation): readonly string[] {
  return [
    ...(summary.trim() === '' || summary.includes('\n') ? ['its summary is not one line of text'] : []),
    ...changes.filter(({ resource }) => resource.trim() === '').map(() => 'a change names no resource'),
    ...(changes.length > 0 && leases.length === 0 ? ['it changes something and asks for no lease: two rollbacks could do it at once'] : []),
    ...findings
      .filter(({ hint, message }) => hint.trim() === '' || message.trim() === '')
      .map(({ code }) => `the finding ${code} does not say what to do`),
  ]
}

export const preparationChecks: readonly ConformanceCheck[] = [survivesTheJournal, staysWithinItsPromises, saysWhatChanges]
