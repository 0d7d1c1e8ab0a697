import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The cluster of the testbed, for programs that are no tests. */
export interface DevCluster {
  readonly kubeconfig: string
  readonly kubectl: string
}

const testbed = join(import.meta.dirname, '../../../testbed/src/cli.ts')

/** Starts it when it is not up, and leaves it up: `pnpm testbed down` stops it. */
export function devCluster(): DevCluster {
  runTestbed(['up', 'kubernetes'])
  const status = runTestbed(['status'])
  const kubeconfig = /^ +kubeconfig +(\S.*)$/m.exec(status)?.[1]
  const version = /^kubernetes (\S+):/m.exec(status)?.[1]
  if (kubeconfig === undefined || version === undefined) throw new Error(`the testbed does not say where its cluster is:\n${status}`)
  const installed = join(dirname(kubeconfig), '../../kubectl')
  const folder = readdirSync(installed).find((name) => name.startsWith(`${version}-`))
  if (folder === undefined) throw new Error(`there is no kubectl ${version} in ${installed}`)
  return { kubeconfig, kubectl: join(installed, folder, 'bin/kubectl') }
}

function runTestbed(args: readonly string[]): string {
  const { status, stdout } = spawnSync(process.execPath, [testbed, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`pnpm testbed ${args.join(' ')} ended with ${status}`)
  return stdout
}
