import { listr2 } from './listr2.ts'
import { backstep } from './backstep.ts'
import { launchDbos, shutDownDbos } from './dbos.ts'
import { makeWorld } from '../world.ts'
import { microsecondsEach, timed } from '../statistics.ts'
import type { Shape } from './peer.ts'

/** One engine in a fresh process: a full warm-up of both shapes, then each shape once. Prints microseconds a step as JSON. */
const [engine = '', count = '', databaseUrl = ''] = process.argv.slice(2)
const steps = Number(count)

async function run(measure: (shape: Shape, count: number) => Promise<number>): Promise<Record<Shape, number>> {
  await measure('sequence', steps)
  await measure('together', steps)
  return {
    sequence: microsecondsEach(await measure('sequence', steps), steps),
    together: microsecondsEach(await measure('together', steps), steps),
  }
}

async function measured(): Promise<Record<Shape, number>> {
  switch (engine) {
    case 'backstep':
      return run(backstep(makeWorld('peer')))
    case 'listr2':
      return run((shape, tasks) => timed(() => listr2(shape, tasks)))
    case 'dbos':
      try {
        return await run(await launchDbos(databaseUrl))
      } finally {
        await shutDownDbos()
      }
    default:
      throw new Error(`no engine is called ${engine}`)
  }
}

console.log(JSON.stringify(await measured()))
