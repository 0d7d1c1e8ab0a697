import { execFile } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { reportInfo } from './figure.ts'
import type { Shape } from './peers/peer.ts'
import { postgresVersion, startPostgres } from './peers/postgres.ts'
import { median } from './statistics.ts'
import { makeWorld } from './world.ts'

/** DBOS makes several round trips a step, so it gets fewer steps; its cost a step does not depend on their number. */
const engines = { backstep: 1000, listr2: 1000, dbos: 200 } as const
type Engine = keyof typeof engines
const shapes: readonly Shape[] = ['sequence', 'together']
const rounds = 5

async function measure(engine: Engine, databaseUrl: string): Promise<Record<Shape, number>> {
  const script = join(import.meta.dirname, 'peers', 'child.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, engine, String(engines[engine]), databaseUrl])
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<Shape, number>
}

/** One fresh process for each engine in each round, so that all see the same load. */
async function measureAll(databaseUrl: string): Promise<ReadonlyMap<Engine, readonly Record<Shape, number>[]>> {
  const results = new Map<Engine, Record<Shape, number>[]>()
  for (let round = 0; round < rounds; round++) {
    for (const engine of Object.keys(engines) as Engine[]) {
      const known = results.get(engine) ?? []
      results.set(engine, [...known, await measure(engine, databaseUrl)])
    }
  }
  return results
}

function report(results: Awaited<ReturnType<typeof measureAll>>): void {
  const ours = results.get('backstep') ?? []
  for (const shape of shapes) {
    for (const [engine, ofEngine] of results) {
      reportInfo({ name: `${shape}-${engine}-us-per-step`, value: median(ofEngine.map((one) => one[shape])), unit: 'us' })
      if (engine === 'backstep') continue
      const ratios = ofEngine.map((one, round) => one[shape] / (ours[round]?.[shape] ?? Number.NaN))
      reportInfo({ name: `${shape}-${engine}-over-backstep`, value: median(ratios), unit: 'x' })
    }
  }
}

const database = await startPostgres(makeWorld('postgres'))
try {
  console.log(
    `${postgresVersion()}, fsync on; ${engines.dbos} steps in DBOS, ${engines.backstep} in the others; load ${loadavg()[0]?.toFixed(1)}`,
  )
  report(await measureAll(database.url))
} finally {
  await database.stop()
}
