import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions, type RequestOptions } from 'node:https'
import { access } from 'node:fs/promises'
import { plainCause, RollbackError } from '@backstep/core'
import type { KubeConfig } from '@kubernetes/client-node'
import type { KubernetesClient } from './client.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { contactsOver } from './contacts.ts'
import { type Credentials, httpTransport } from './http-transport.ts'

export interface KubernetesClientOptions extends ClusterOptions {
  /** How long one request may take. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined
}

const requestsAtOnce = 16
const credentialsLastMs = 30_000

/**
 * A client of one cluster, as one identity. The kubeconfig is read and its identity found with the official client library: certificates,
 * tokens, token files, exec plugins and OIDC work as in kubectl. Bodies go as plain JSON, so that no field that a library does not know is
 * ever lost.
 *
 * Making one contacts nothing. It sends at most 16 requests at once, waits as long as a busy server says in `Retry-After`, and refreshes its
 * credentials once when they are refused.
 *
 * Its calls throw `OPTIONS_INVALID` when the kubeconfig cannot be read or has no such context; for the rest see `KubernetesClient`.
 */
export function kubernetesClient(options: KubernetesClientOptions): KubernetesClient {
  let known: { readonly credentials: Promise<Credentials>; readonly until: number } | undefined
  let agent: { readonly identity: string; readonly agent: HttpAgent } | undefined
  const load = async (): Promise<Credentials> => {
    const found = await credentialsOf(await loadConfig(options), options)
    if (agent?.identity !== found.identity) agent = { identity: found.identity, agent: found.makeAgent() }
    return { server: found.server, headers: found.headers, agent: agent.agent }
  }
  const credentials = (isRefused: boolean): Promise<Credentials> => {
    const now = performance.now()
    if (known === undefined || isRefused || now > known.until) known = { credentials: load(), until: now + credentialsLastMs }
    const { credentials: asked } = known
    asked.catch(() => (known = undefined))
    return asked
  }
  return contactsOver(httpTransport({ credentials, requestTimeoutMs: options.requestTimeoutMs ?? 30_000 }))
}

const shared = new Map<string, KubernetesClient>()

/** One client for each cluster and identity in this process, so that the steps of a plan share connections, discovery and the limit of requests. */
export function sharedKubernetesClient({ context, kubeconfig }: ClusterOptions): KubernetesClient {
  const key = JSON.stringify([context, kubeconfig ?? '', process.env['KUBECONFIG'] ?? ''])
  const client = shared.get(key) ?? kubernetesClient({ context, kubeconfig })
  shared.set(key, client)
  return client
}

/** The library takes long to load: it is, with the first call. */
async function loadConfig({ context, kubeconfig }: ClusterOptions): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    if (context === 'in-cluster') {
      await access('/var/run/secrets/kubernetes.io/serviceaccount/token')
      config.loadFromCluster()
      return config
    }
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (cause) {
    throw unreadable(kubeconfig ?? (context === 'in-cluster' ? 'the service account of this pod' : 'the kubeconfig'), cause)
  }
  const names = config.getContexts().map(({ name }) => name)
  if (!names.includes(context)) {
    throw new RollbackError('OPTIONS_INVALID', `The kubeconfig has no context "${context}"; it has ${names.join(', ') || 'none'}`, {
      hint: 'Write the name of a context as `kubectl config get-contexts` lists it.',
    })
  }
  config.setCurrentContext(context)
  return config
}

/** A parser of YAML quotes the text that it does not understand: only what kind of failure it was is kept. */
function unreadable(what: string, cause: unknown): RollbackError {
  const { code } = cause as { readonly code?: unknown }
  const why = typeof code === 'string' ? code : 'it is no kubeconfig'
  return new RollbackError('OPTIONS_INVALID', `Cannot read ${what}: ${why}`, {
    hint: 'Check the path of the kubeconfig, and that kubectl works with it.',
  })
}

interface FoundCredentials {
  readonly server: URL
  readonly headers: Readonly<Record<string, string>>
  readonly identity: string
  readonly makeAgent: () => HttpAgent
}

async function credentialsOf(config: KubeConfig, { context }: ClusterOptions): Promise<FoundCredentials> {
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    throw new RollbackError('OPTIONS_INVALID', `The context "${context}" names a cluster that the kubeconfig does not have`, {
      hint: 'Correct the cluster of this context in the kubeconfig.',
    })
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new RollbackError('OPTIONS_INVALID', `The context "${context}" would send its credentials over plain HTTP`, {
      hint: 'Use the https address of the API server, or set insecure-skip-tls-verify for a server on this machine.',
    })
  }
  const found: RequestOptions = { headers: {} }
  try {
    await config.applyToHTTPSOptions(found)
  } catch (cause) {
    throw new RollbackError('PERMISSION_DENIED', `The credentials of the context "${context}" cannot be had`, {
      hint: 'Log in as you would for kubectl, then resume.',
      cause: plainCause(cause instanceof Error ? new Error(cause.name) : cause),
    })
  }
  const { ca, cert, key, rejectUnauthorized, servername, auth } = found
  const basic = typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}
  const secured: AgentOptions = { ca, cert, key, rejectUnauthorized, servername }
  return {
    server: new URL(cluster.server),
    headers: { ...plainHeaders(found.headers), ...basic },
    identity: JSON.stringify([cluster.server, ca, cert, key, rejectUnauthorized, servername, cluster.proxyUrl]),
    makeAgent: () => agentOf(found, secured, cluster.server),
  }
}

/** The library's own agent goes through a proxy when the kubeconfig names one; otherwise connections are kept and limited here. */
function agentOf({ agent }: RequestOptions, secured: AgentOptions, server: string): HttpAgent {
  const isProxied = agent instanceof HttpAgent && agent.constructor !== HttpsAgent && agent.constructor !== HttpAgent
  if (isProxied) return agent
  const kept = { keepAlive: true, maxSockets: requestsAtOnce, maxFreeSockets: 4 }
  const given = Object.fromEntries(Object.entries(secured).filter(([, value]) => value !== undefined))
  return server.startsWith('http:') ? new HttpAgent(kept) : new HttpsAgent({ ...given, ...kept })
}

function plainHeaders(headers: RequestOptions['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]))
}
