import { writeFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import { fileStore } from '../../src/journal/file-store.ts'
import { intended, resumed, samplePlan } from './samples.ts'

/**
 * Fills the disk that the directory is on, and goes on after space was made. Prints what happened as JSON. Argument: a directory on a small
 * disk with room for a ballast of 64 KiB.
 */
const [directory = ''] = process.argv.slice(2)
const ballast = join(directory, 'ballast')
await writeFile(ballast, Buffer.alloc(64 * 1024))
const store = fileStore({ directory })
const writer = await store.create('r1', samplePlan)
let acknowledged = 0
let failure: unknown
while (failure === undefined) {
  await writer.append(Array.from({ length: 10 }, () => intended(acknowledged++))).catch((error: unknown) => {
    failure = error
    acknowledged -= 10
  })
}
const later = await writer.append([intended(0)]).then(
  () => 'accepted',
  (error: unknown) => (error instanceof RollbackError ? error.code : String(error)),
)
await writer.close().catch(() => {})
const openedOnFull = await store.open('r1').then(
  (opened) => opened.close().then(() => 'opened'),
  (error: unknown) => (error instanceof RollbackError ? error.code : String(error)),
)
await unlink(ballast)
const next = await store.open('r1')
await next.append([resumed(next.epoch)])
const { records } = await store.read('r1')
const { code, message, hint } = failure as RollbackError
console.log(
  JSON.stringify({ code, message, hint, acknowledged, later, openedOnFull, found: next.records.length, last: records.at(-1)?.type }),
)
