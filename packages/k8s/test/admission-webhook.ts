import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { KubernetesCluster } from '@backstep/testbed'
import { until } from './workloads.ts'

/** What a webhook answers about one object: changes to it, or why it is not taken. */
export type Admission = { readonly patch: readonly object[] } | { readonly denied: string }
export type Admit = (object: Record<string, never>) => Admission

/** A webhook that the API server asks about every Deployment of one namespace that is made or changed, dry runs too. */
export interface AdmissionWebhook {
  readonly name: string
  /** What it answers from now on. */
  admits(admit: Admit): void
  /** How often it was asked. */
  asked(): number
  close(): Promise<void>
}

const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'

/**
 * Serves on loopback, with the certificate of the API server, which is made for that address; it is the only one that the configuration trusts.
 * Resolves when the API server asks it.
 */
export async function admissionWebhook(cluster: KubernetesCluster, namespace: string): Promise<AdmissionWebhook> {
  const cert = readFileSync(cluster.caFile)
  let admit: Admit = () => ({ patch: [] })
  let count = 0
  const server = createServer({ cert, key: readFileSync(join(dirname(cluster.caFile), 'apiserver.key')) }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      count++
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(reviewed(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Review, admit)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const name = `changes.${namespace}.example.com`
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await register(cluster, { name, namespace, url, caBundle: cert.toString('base64') })
  await until('the API server asks the webhook', async () => {
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'asks' }, spec: asking }
    await cluster.api('POST', `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`, { body })
    return count > 0 || undefined
  })
  return {
    name,
    admits: (next) => void (admit = next),
    asked: () => count,
    async close() {
      await cluster.api('DELETE', `${path}/${name}`)
      server.closeAllConnections()
      server.close()
    },
  }
}

const labels = { app: 'asks' }
const asking = {
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'shop/asks:v1' }] } },
}

interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: { readonly uid: string; readonly object: Record<string, never> }
}

function reviewed({ apiVersion, kind, request: { uid, object } }: Review, admit: Admit): object {
  const answer = admit(object)
  if ('denied' in answer) return { apiVersion, kind, response: { uid, allowed: false, status: { message: answer.denied } } }
  const patch = Buffer.from(JSON.stringify(answer.patch)).toString('base64')
  return { apiVersion, kind, response: { uid, allowed: true, ...(answer.patch.length > 0 ? { patchType: 'JSONPatch', patch } : {}) } }
}

async function register(
  cluster: KubernetesCluster,
  {
    name,
    namespace,
    url,
    caBundle,
  }: { readonly name: string; readonly namespace: string; readonly url: string; readonly caBundle: string },
): Promise<void> {
  const body = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name,
        clientConfig: { url, caBundle },
        rules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
      },
    ],
  }
  const { status } = await cluster.api('POST', path, { body })
  if (status !== 201) throw new Error(`the webhook could not be registered: ${status}`)
}
