import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { livingUsers, readInstance, stopInstance, systemProcesses } from './instance.ts'
import { withLock } from './lock.ts'
import { type RecordedProcess, stopProcess } from './processes.ts'
import { systemNamed } from './systems.ts'

/**
 * Started beside every instance. It stops the instance when nobody is left who uses it, also when all of them were killed, or when its
 * folder was deleted, and ends itself when the instance is kept or was stopped by somebody else.
 */
const pollMs = 500
const looksBeforeStop = 2
const folder = process.argv[2] ?? ''

async function watch(): Promise<void> {
  // A folder is not deleted all at once: what was seen once is not forgotten.
  const records = new Map<string, RecordedProcess>()
  let unusedLooks = 0
  for (;;) {
    const instance = readInstance(folder)
    if (instance === undefined) return stopAll([...records.values()])
    if (instance.state.isKept) return
    for (const record of systemProcesses(folder)) records.set(record.name, record)
    unusedLooks = livingUsers(folder).length === 0 ? unusedLooks + 1 : 0
    if (unusedLooks >= looksBeforeStop && (await stopUnlessUsed())) return
    await sleep(pollMs)
  }
}

/** Whoever stopped the instance has done this already. Somebody who deleted the folder has not. */
async function stopAll(records: readonly RecordedProcess[]): Promise<void> {
  for (const record of records.toReversed()) await stopProcess(record)
}

function stopUnlessUsed(): Promise<boolean> {
  return withLock(`run-${basename(folder)}`, async () => {
    const instance = readInstance(folder)
    if (instance === undefined || instance.state.isKept) return true
    if (livingUsers(folder).length > 0) return false
    await stopInstance(instance, systemNamed(instance.state.system))
    return true
  })
}

await watch()
