import { DBOS } from '@dbos-inc/dbos-sdk'
import { timed } from '../statistics.ts'
import type { Shape } from './peer.ts'

/** The same number of steps that do nothing, in DBOS: a library that keeps each step's outcome in PostgreSQL. Launch it once. */
export async function launchDbos(systemDatabaseUrl: string): Promise<(shape: Shape, count: number) => Promise<number>> {
  DBOS.setConfig({ name: 'backstep-bench', systemDatabaseUrl, logLevel: 'error', runAdminServer: false })
  const workflow = DBOS.registerWorkflow(
    async (shape: Shape, count: number) => {
      const step = (index: number): Promise<void> => DBOS.runStep(async () => undefined, { name: `n${index}` })
      const indices = Array.from({ length: count }, (_, index) => index)
      if (shape === 'together') await Promise.all(indices.map(step))
      else for (const index of indices) await step(index)
    },
    { name: 'no-ops' },
  )
  await DBOS.launch()
  return (shape, count) => timed(() => workflow(shape, count))
}

export async function shutDownDbos(): Promise<void> {
  await DBOS.shutdown()
}
