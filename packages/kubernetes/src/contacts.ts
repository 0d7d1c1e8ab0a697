import { type Json, type JsonObject, RollbackError } from '@backstep/core'
import { answerError, isDisruptionRefused } from './answers.ts'
import type { Call, CreateRequest, EvictRequest, Eviction, KubernetesClient, KubernetesObject, ObjectKind, ObjectRef } from './client.ts'
import type { ServedKind } from './client.ts'
import { served, type Server } from './discovery.ts'
import type { Transport, TransportRequest } from './http-transport.ts'
import { listAll } from './list-pages.ts'
import { parseAnswer } from './parse-answer.ts'
import { shortName } from './resource-name.ts'
import { objectPath } from './served-kinds.ts'

const fieldManager = 'backstep'
const jsonPatch = 'application/json-patch+json'
const applyPatch = 'application/apply-patch+yaml'

/** The contacts of an API server over HTTP: which path, which verb, what each answer means. */
export function contactsOver(transport: Transport): KubernetesClient {
  const kinds = served(transport)
  const server: Server = { transport, kinds }
  return {
    get: async (ref, call) => objectOrNone(server, { ...ref, verb: 'get', method: 'GET' }, call),
    list: (query, call) => listAll(server, query, call),
    tryPatch: (request, call) => write(server, patching(request, true), call),
    patch: (request, call) => write(server, patching(request, false), call),
    tryApply: (request, call) => write(server, applying(request, true), call),
    apply: (request, call) => write(server, applying(request, false), call),
    tryCreate: (request, call) => write(server, creating(request, true), call),
    create: (request, call) => createOrNone(server, request, call),
    remove: (request, call) => remove(server, request, call),
    tryEvict: (request, call) => evict(server, request, true, call),
    evict: (request, call) => evict(server, request, false, call),
    logs: (query, call) => logs(server, query, call),
    review: (access, call) => review(server, access, call),
    discover: (kind, call) => kinds.find(kind, call),
    version: async (call) => {
      const answer = await server.transport({ method: 'GET', path: '/version', asked: 'get version' }, call)
      const { gitVersion } = parseAnswer({ verb: 'get', what: 'version' }, answer) as { readonly gitVersion?: string }
      return gitVersion ?? 'unknown'
    },
  }
}

interface ObjectRequest extends Partial<Omit<ObjectRef, 'kind' | 'apiVersion'>>, ObjectKind {
  readonly verb: string
  readonly method: TransportRequest['method']
  readonly query?: Readonly<Record<string, string>>
  readonly subpath?: string
  readonly body?: Json
  readonly contentType?: string
}

async function ask(
  { transport, kinds }: Server,
  request: ObjectRequest,
  call: Call,
): Promise<{ readonly status: number; readonly text: string }> {
  const { verb, method, query = {}, subpath = '', body, contentType, ...ref } = request
  const kind: ServedKind = await kinds.need(ref, call)
  const search = new URLSearchParams(query).toString()
  return transport(
    {
      method,
      path: `${objectPath(kind, ref)}${subpath}${search === '' ? '' : `?${search}`}`,
      asked: `${verb} ${whatOf(request)}`,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(contentType === undefined ? {} : { contentType }),
    },
    call,
  )
}

function whatOf({ namespace, kind, name, subpath = '' }: ObjectRequest): string {
  return `${shortName({ namespace, kind, name: name ?? '*' })}${subpath}`
}

async function objectOrNone(server: Server, request: ObjectRequest, call: Call): Promise<KubernetesObject | undefined> {
  const answer = await ask(server, request, call)
  const asked = { verb: request.verb, what: whatOf(request) }
  if (answer.status !== 404) return parseAnswer(asked, answer) as KubernetesObject
  const error = answerError(asked, { status: 404, body: jsonOf(answer.text) })
  if (error.code === 'TARGET_NOT_FOUND') return undefined
  throw error
}

async function write(server: Server, request: ObjectRequest, call: Call): Promise<KubernetesObject> {
  return parseAnswer({ verb: request.verb, what: whatOf(request) }, await ask(server, request, call)) as KubernetesObject
}

const dryRun = (isTry: boolean): Readonly<Record<string, string>> => (isTry ? { dryRun: 'All' } : {})

function patching({ operations, subresource, ...ref }: Parameters<KubernetesClient['patch']>[0], isTry: boolean): ObjectRequest {
  const query = { fieldManager, fieldValidation: 'Strict', ...dryRun(isTry) }
  const subpath = subresource === undefined ? '' : `/${subresource}`
  return { ...ref, verb: 'patch', method: 'PATCH', query, subpath, body: operations as unknown as Json, contentType: jsonPatch }
}

function applying(request: Parameters<KubernetesClient['apply']>[0], isTry: boolean): ObjectRequest {
  const { manifest, namespace, force = false } = request
  const query = { fieldManager: request.fieldManager ?? fieldManager, force: String(force), fieldValidation: 'Strict', ...dryRun(isTry) }
  return { ...refOf(manifest, namespace), verb: 'patch', method: 'PATCH', query, body: manifest, contentType: applyPatch }
}

function creating({ manifest, namespace }: CreateRequest, isTry: boolean): ObjectRequest {
  const { name: _, ...collection } = refOf(manifest, namespace)
  return {
    ...collection,
    verb: 'create',
    method: 'POST',
    query: { fieldManager, fieldValidation: 'Strict', ...dryRun(isTry) },
    body: manifest,
  }
}

async function createOrNone(server: Server, request: CreateRequest, call: Call): Promise<KubernetesObject | undefined> {
  const wanted = creating(request, false)
  const answer = await ask(server, wanted, call)
  const { reason } = (answer.status === 409 ? jsonOf(answer.text) : {}) as { readonly reason?: string }
  return reason === 'AlreadyExists' ? undefined : (parseAnswer({ verb: 'create', what: whatOf(wanted) }, answer) as KubernetesObject)
}

/** The object that a manifest means. Its own namespace counts, then the given one. */
export function refOf(manifest: JsonObject, namespace?: string): ObjectRef {
  const { apiVersion, kind, metadata } = manifest
  const { name, namespace: own } = (metadata ?? {}) as JsonObject
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') {
    throw new RollbackError('OPTIONS_INVALID', 'A manifest needs apiVersion, kind and metadata.name', {
      hint: 'Correct the manifest, then preview again.',
    })
  }
  return { apiVersion, kind, name, namespace: typeof own === 'string' ? own : namespace }
}

async function remove(
  server: Server,
  request: Parameters<KubernetesClient['remove']>[0],
  call: Call,
): ReturnType<KubernetesClient['remove']> {
  const { uid, resourceVersion, propagation, ...ref } = request
  const body: Json = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
  }
  const wanted: ObjectRequest = { ...ref, verb: 'delete', method: 'DELETE', body }
  const answer = await ask(server, wanted, call)
  if (answer.status === 409) return 'replaced'
  if (
    answer.status === 404 &&
    answerError({ verb: 'delete', what: '' }, { status: 404, body: jsonOf(answer.text) }).code === 'TARGET_NOT_FOUND'
  )
    return 'gone'
  parseAnswer({ verb: 'delete', what: whatOf(wanted) }, answer)
  return 'removed'
}

async function evict(server: Server, { namespace, pod, uid }: EvictRequest, isTry: boolean, call: Call): Promise<Eviction> {
  const body: Json = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace },
    deleteOptions: { preconditions: { uid }, ...(isTry ? { dryRun: ['All'] } : {}) },
  }
  const wanted: ObjectRequest = {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace,
    name: pod,
    verb: 'create',
    method: 'POST',
    subpath: '/eviction',
    query: dryRun(isTry),
    body,
  }
  const answer = await ask(server, wanted, call)
  if (answer.status === 404) return 'gone'
  if (answer.status === 409) return 'replaced'
  if (isDisruptionRefused({ status: answer.status, body: jsonOf(answer.text) })) return 'blocked'
  parseAnswer({ verb: 'create', what: whatOf(wanted) }, answer)
  return 'evicted'
}

async function logs(server: Server, query: Parameters<KubernetesClient['logs']>[0], call: Call): Promise<string | undefined> {
  const { namespace, pod, container, previous = false, sinceSeconds, tailLines, limitBytes = 262_144 } = query
  const wanted: ObjectRequest = {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace,
    name: pod,
    verb: 'get',
    method: 'GET',
    subpath: '/log',
    query: {
      container,
      timestamps: 'true',
      limitBytes: String(limitBytes),
      ...(previous ? { previous: 'true' } : {}),
      ...(sinceSeconds === undefined ? {} : { sinceSeconds: String(sinceSeconds) }),
      ...(tailLines === undefined ? {} : { tailLines: String(tailLines) }),
    },
  }
  const answer = await ask(server, wanted, call)
  if (answer.status === 200) return answer.text
  if (answer.status === 404 || answer.status === 400) return undefined
  throw answerError({ verb: 'get', what: whatOf(wanted) }, { status: answer.status, body: jsonOf(answer.text) })
}

async function review({ transport }: Server, access: Parameters<KubernetesClient['review']>[0], call: Call): Promise<boolean> {
  const { verb, group, resource, subresource, namespace, name } = access
  const resourceAttributes = {
    verb,
    group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  }
  const body = JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } })
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const answer = await transport({ method: 'POST', path, asked: 'create SelfSubjectAccessReview', body }, call)
  const parsed = parseAnswer({ verb: 'create', what: 'SelfSubjectAccessReview' }, answer) as {
    readonly status?: { readonly allowed?: boolean }
  }
  return parsed.status?.allowed === true
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
