import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Json, JsonObject } from '@backstep/core'
import type { KubernetesCluster } from '@backstep/testbed'

const run = promisify(execFile)
export const chart: string = new URL('./charts/shop', import.meta.url).pathname

/** One namespace with the tools of a person beside it: everything here goes past the steps and their clients. */
export interface Lab {
  readonly namespace: string
  /** One request of the administrator to an object or a list in the namespace: `api('GET', 'apps/v1', 'deployments/r-api')`. */
  api(method: string, version: string, path: string, body?: JsonObject, contentType?: string): Promise<JsonObject>
  /** Merges into an object, as somebody would by hand. */
  edit(version: string, path: string, patch: JsonObject): Promise<void>
  /** Runs Helm as a person would. Rejects when it fails. */
  helm(...args: readonly string[]): Promise<string>
  install(values?: JsonObject, more?: readonly string[]): Promise<void>
  upgrade(values: JsonObject, more?: readonly string[]): Promise<void>
  /** What a person would call the same world: objects of the release without what the server gives them, and which pods run. Waits until it stands still. */
  world(): Promise<Json>
  /** `1 superseded`, `2 deployed`. */
  records(): Promise<readonly string[]>
}

export interface LabOptions {
  readonly cluster: KubernetesCluster
  /** Which Helm the person uses. */
  readonly helm: 3 | 4
  readonly driver?: 'secret' | 'configmap'
  /** Default: a fresh one. */
  readonly namespace?: string
}

/** A fresh namespace and its tools. */
export async function helmLab({ cluster, helm: major, driver = 'secret', ...place }: LabOptions): Promise<Lab> {
  const namespace = place.namespace ?? (await cluster.namespace()).name
  const binary = major === 3 ? cluster.paths.helm3 : cluster.paths.helm4
  const env = { ...process.env, HELM_DRIVER: driver }
  const helm: Lab['helm'] = async (...args) =>
    (await run(binary, ['--kubeconfig', cluster.kubeconfig, '-n', namespace, ...args], { env, maxBuffer: 64 * 1024 * 1024 })).stdout.trim()
  const api: Lab['api'] = async (method, version, path, body, contentType) => {
    const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`
    const answer = await cluster.api(method, `${root}/namespaces/${namespace}/${path}`, {
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    })
    if (answer.status >= 400 && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as JsonObject
  }
  const write = async (verb: string, values: JsonObject, more: readonly string[]): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'helm-lab-'))
    try {
      writeFileSync(join(folder, 'values.json'), JSON.stringify(values))
      await helm(verb, 'r', chart, '--values', join(folder, 'values.json'), ...more)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const objects = async (): Promise<readonly JsonObject[]> => {
    const lists = await Promise.all([
      listed(api, 'v1', 'ConfigMap', 'configmaps'),
      listed(api, 'apps/v1', 'Deployment', 'deployments'),
      listed(api, 'v1', 'Pod', 'pods'),
    ])
    return lists.flat()
  }
  return {
    namespace,
    api,
    edit: async (version, path, patch) => void (await api('PATCH', version, path, patch, 'application/merge-patch+json')),
    helm,
    install: (values = {}, more = []) => write('install', values, more),
    upgrade: (values, more = []) => write('upgrade', values, more),
    async world() {
      for (let looks = 0; looks < 400; looks++, await wait(50)) {
        const found = await objects()
        if (isStill(found)) return JSON.parse(JSON.stringify(sorted(found.flatMap(seen)))) as Json
      }
      throw new Error('the release never came to rest')
    },
    async records() {
      const resource = driver === 'secret' ? 'secrets' : 'configmaps'
      const found = await listed(api, 'v1', '', `${resource}?labelSelector=owner%3Dhelm`)
      const of = found.map((object) => {
        const labels = at(object, 'metadata', 'labels') as Readonly<Record<string, string>>
        return [Number(labels['version']), `${labels['version']} ${labels['status']}`] as const
      })
      return of.toSorted(([one], [other]) => one - other).map(([, text]) => text)
    },
  }
}

async function listed(api: Lab['api'], version: string, kind: string, path: string): Promise<readonly JsonObject[]> {
  const { items } = (await api('GET', version, path)) as { readonly items?: readonly JsonObject[] }
  return (items ?? []).map((item) => ({ ...item, kind }))
}

function sorted(values: readonly Json[]): readonly Json[] {
  return values
    .map((value) => JSON.stringify(value))
    .toSorted()
    .map((text) => JSON.parse(text) as Json)
}

type Fields = { readonly [key: string]: Json | undefined } & JsonObject
const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((found, key) => (found as Fields | undefined)?.[key], value)

/** Uids, times, versions, managers and status are the server's own; the name of a pod is random. */
function seen(object: JsonObject): readonly Json[] {
  const { kind } = object
  const name = String(at(object, 'metadata', 'name'))
  if (name === 'kube-root-ca.crt' || /^(?:backstep\.)?sh\.helm\./.test(name)) return []
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return []
  const labels = at(object, 'metadata', 'labels') ?? {}
  if (kind === 'ConfigMap') return [{ kind, name, labels, data: object['data'] ?? {} }]
  if (kind === 'Deployment') return [{ kind, name, labels, spec: object['spec'] ?? {} }]
  if (String(at(labels, 'batch.kubernetes.io/job-name') ?? '') !== '') return []
  const [container] = (at(object, 'spec', 'containers') ?? []) as readonly JsonObject[]
  return [{ kind: String(kind), image: container?.['image'] ?? '', env: container?.['env'] ?? [] }]
}

/** No pod comes, goes, or is not ready, unless it never will be. */
function isStill(objects: readonly JsonObject[]): boolean {
  return objects.every((object) => {
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return false
    if (object['kind'] === 'Deployment') {
      const wanted = at(object, 'spec', 'replicas')
      const isSeen = at(object, 'status', 'observedGeneration') === at(object, 'metadata', 'generation')
      const [all, updated] = [at(object, 'status', 'replicas') ?? 0, at(object, 'status', 'updatedReplicas') ?? 0]
      const isBroken = JSON.stringify(at(object, 'spec', 'template')).includes(':broken')
      return isSeen && (isBroken ? updated !== 0 : all === wanted && updated === wanted && at(object, 'status', 'readyReplicas') === wanted)
    }
    return true
  })
}
