import { writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileLeases } from '../../src/leases/file-leases.ts'

/**
 * Takes and releases leases that other processes want too, and prints one line `key token from to` for each time it held one, in nanoseconds
 * of the clock that all processes of this machine share. Arguments: directory, run id, rounds, keys.
 */
const [directory = '', runId = '', rounds = '1', ...keys] = process.argv.slice(2)
const leases = fileLeases({ directory })
const owner = { runId, host: hostname(), pid: process.pid }

for (let round = 0, held = 0; held < Number(rounds); round++) {
  const key = keys[round % keys.length] ?? ''
  const grant = await leases.acquire(key, owner, 30_000)
  if (!grant.granted) continue
  const from = process.hrtime.bigint()
  const isCurrent = await leases.isCurrent(key, grant.token)
  const isRenewed = await leases.renew(key, grant.token, 30_000)
  const to = process.hrtime.bigint()
  await leases.release(key, grant.token)
  writeSync(1, `${key} ${grant.token} ${from} ${to} ${isCurrent && isRenewed}\n`)
  held += 1
}
