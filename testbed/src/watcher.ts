import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { livingUsers, readInstance, stopInstance } from './instance.ts'
import { withLock } from './lock.ts'
import { systemNamed } from './systems.ts'

/**
 * Started beside every instance. It stops the instance when nobody is left who uses it, also when all of them were killed, and ends itself when
 * the instance is kept or was stopped by somebody else.
 */
const pollMs = 500
const folder = process.argv[2] ?? ''

async function watch(): Promise<void> {
  for (;;) {
    const instance = readInstance(folder)
    if (instance === undefined || instance.state.isKept) return
    if (livingUsers(folder).length === 0 && (await stopUnlessUsed())) return
    await sleep(pollMs)
  }
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
