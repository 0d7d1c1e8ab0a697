import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Call, kubernetesClient, type KubernetesClient } from '@backstep/kubernetes'

/** A namespace of a cluster, and the client of whoever administers it: it sets the stage, and looks past the plans. */
export interface Stage {
  readonly context: string
  readonly kubeconfig: string
  readonly namespace: string
  readonly client: KubernetesClient
}

export const call: Call = { abortSignal: new AbortController().signal }
const testbed = join(import.meta.dirname, '../../../testbed/src/cli.ts')

/** The kubeconfig of the cluster of the testbed. It is started when it is not up, and stays up: `pnpm testbed down` stops it. */
export function testbedKubeconfig(): string {
  runTestbed(['up', 'kubernetes'])
  const status = runTestbed(['status'])
  const kubeconfig = /^ +kubeconfig +(\S.*)$/m.exec(status)?.[1]
  if (kubeconfig === undefined) throw new Error(`the testbed does not say where its cluster is:\n${status}`)
  return kubeconfig
}

function runTestbed(args: readonly string[]): string {
  const { status, stdout } = spawnSync(process.execPath, [testbed, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`pnpm testbed ${args.join(' ')} ended with ${status}; pnpm testbed doctor says what is missing`)
  return stdout
}

/** A namespace of its own, and what removes it with everything in it. */
export async function makeStage(kubeconfig: string): Promise<Stage & { readonly remove: () => Promise<void> }> {
  const context = 'testbed'
  const client = kubernetesClient({ context, kubeconfig })
  const namespace = `kubernetes-undo-${process.pid}`
  const made = await client.create({ manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } }, call)
  const uid = made?.metadata.uid ?? ''
  return {
    context,
    kubeconfig,
    namespace,
    client,
    remove: async () => void (await client.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid }, call)),
  }
}
