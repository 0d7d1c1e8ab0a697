import type { Finding, Json, JsonObject } from '@backstep/core'
import { type KubernetesObject, shortName, valueAt } from '@backstep/kubernetes'
import type { TriedWrite } from './whole-objects.ts'
import { listAt, objectAt, textAt } from './workload.ts'

/** The field manager of this package: what it wrote itself is no conflict. */
const ownManager = 'backstep'

/** Who else owns fields that an apply would change, by their names; `isOwn`: only this package does, by other writes. */
export interface Conflicts {
  readonly managers: ReadonlyMap<string, readonly string[]>
  readonly isOwn: boolean
}

/**
 * Who would lose fields: managers whose entry is smaller in the dry run of a forced apply than in the live object. That is what the server
 * calls a conflict, with the names of the managers, and without its message, which may quote values.
 */
export function conflictsOf({ live, stored }: Pick<TriedWrite, 'live' | 'stored'>): Conflicts {
  if (live === undefined || stored === undefined) return { managers: new Map(), isOwn: false }
  const left = new Map(entriesOf(stored).map(({ key, fields }) => [key, fields]))
  const losing = entriesOf(live).flatMap(({ key, manager, isApply, fields }) => {
    const lost = [...fields].filter((field) => left.get(key)?.has(field) !== true)
    return lost.length === 0 || (manager === ownManager && isApply) ? [] : [{ manager, lost }]
  })
  const others = losing.filter(({ manager }) => manager !== ownManager)
  return { managers: new Map(others.map(({ manager, lost }) => [manager, lost])), isOwn: others.length < losing.length }
}

export function conflictFindings({ managers }: Conflicts, { write }: TriedWrite, isForced: boolean): readonly Finding[] {
  return [...managers].map(([manager, fields]) => ({
    level: isForced ? 'warning' : 'blocker',
    code: 'k8s.owned-by-manager',
    message: `${shortName(write.ref)}: ${fields.slice(0, 10).join(', ')} belong to ${manager}${isForced ? ', and are taken over' : ''}`,
    hint: isForced
      ? `The next apply of ${manager} meets this as a conflict. Going back restores the values, not who owns them.`
      : "Ask whoever applies there; write conflicts: 'force' to take these fields over.",
  }))
}

/** The server picks other node ports each time that a Service is made: what was approved would not be what is stored. */
export function nodePortFindings({ write, live }: TriedWrite): readonly Finding[] {
  const manifest = write.whole?.manifest
  const isOpen = listAt(manifest, ['spec', 'ports']).some(({ nodePort }) => nodePort === undefined)
  const isOutside = ['NodePort', 'LoadBalancer'].includes(textAt(manifest, ['spec', 'type']) ?? '')
  const isMoving = live === undefined || write.fields.some(({ at }) => at.join('.') === 'spec.ports')
  if (write.ref.kind !== 'Service' || write.whole?.how === 'delete' || !isOutside || !isOpen || !isMoving) return []
  return [
    {
      level: 'blocker',
      code: 'k8s.node-port-open',
      message: `${shortName(write.ref)} leaves its node ports to the server, which would pick other ones than those in this preview`,
      hint: 'Write the nodePort of each port into the manifest.',
    },
  ]
}

/** Kinds that are never pruned: what is in them does not come back with their manifest. */
const keptKinds: ReadonlySet<string> = new Set([
  'PersistentVolumeClaim',
  'PersistentVolume',
  'Namespace',
  'CustomResourceDefinition',
  'Secret',
  'Job',
  'Pod',
])

export function isKept({ kind }: KubernetesObject): boolean {
  return keptKinds.has(kind)
}

export function keptFindings(kept: readonly KubernetesObject[]): readonly Finding[] {
  if (kept.length === 0) return []
  return [
    {
      level: 'warning',
      code: 'k8s.not-pruned',
      message: `${kept.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')} belong to the set and not to the target, and stay`,
      hint: 'What is in them does not come back with a manifest. Delete them by hand when nobody needs it.',
    },
  ]
}

interface ManagerEntry {
  readonly key: string
  readonly manager: string
  readonly isApply: boolean
  readonly fields: ReadonlySet<string>
}

function entriesOf(object: KubernetesObject): readonly ManagerEntry[] {
  return listAt(object, ['metadata', 'managedFields'])
    .filter(({ subresource }) => subresource !== 'status')
    .map((entry) => {
      const [manager = '', operation = '', apiVersion = ''] = ['manager', 'operation', 'apiVersion'].map((field) => textAt(entry, [field]))
      const key = [manager, operation, apiVersion, textAt(entry, ['subresource']) ?? ''].join(' ')
      return { key, manager, isApply: operation === 'Apply', fields: new Set(ownedFields(objectAt(entry, ['fieldsV1']))) }
    })
}

/** `{ "f:spec": { "f:replicas": {} } }` → `spec.replicas`; members of lists by their keys. */
function ownedFields(fields: JsonObject, path = ''): readonly string[] {
  return Object.entries(fields).flatMap(([key, inner]) => {
    if (key === '.') return []
    const at = key.startsWith('f:') ? `${path}${path === '' ? '' : '.'}${key.slice(2)}` : `${path}[${labelOf(key)}]`
    return isEmpty(inner) ? [at] : ownedFields(objectAt(inner, []), at)
  })
}

function labelOf(key: string): string {
  return key.slice(2).replaceAll(/["{}]/g, '')
}

function isEmpty(inner: Json | undefined): boolean {
  return Object.keys(objectAt(inner, [])).every((key) => key === '.') && valueAt(inner, ['.']) !== null
}
