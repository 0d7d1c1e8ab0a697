import type { Json, JsonObject } from '@backstep/core'
import { hidden, type KubernetesObject } from '@backstep/kubernetes'

const tellingText = /passw|secret|token|credential|api-?key|private-?key/i
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * An object without what may be secret, so that it can be kept: values of `env`, of Secrets and of ConfigMaps are replaced by the first digits
 * of their hash, as are command lines and annotations that name a password. Equal values still look equal. `managedFields` are left out.
 */
export function redacted(object: KubernetesObject): JsonObject {
  const { metadata, ...rest } = object
  const { managedFields: _, annotations, ...names } = metadata
  const kept = annotations === undefined ? names : { ...names, annotations: annotationsOf(annotations) }
  const isData = object.kind === 'Secret' || object.kind === 'ConfigMap'
  const fields = Object.entries(rest).map(([key, value]) => {
    const isHidden = isData && (key === 'data' || key === 'stringData' || key === 'binaryData')
    return [key, isHidden ? valuesHidden(value) : withoutSecrets(value)] as const
  })
  return { ...Object.fromEntries(fields), metadata: kept as JsonObject }
}

/** The last manifest that was applied stands there whole, with everything that is hidden elsewhere. */
function annotationsOf(annotations: Readonly<Record<string, string>>): JsonObject {
  const entries = Object.entries(annotations).map(([name, value]) => {
    const isTelling = name === lastApplied || tellingText.test(name) || tellingText.test(value)
    return [name, isTelling ? hidden(value) : value] as const
  })
  return Object.fromEntries(entries)
}

function valuesHidden(value: Json | undefined): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return hidden(value)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hidden(member)]))
}

function withoutSecrets(value: Json | undefined, name = ''): Json | undefined {
  if (typeof value === 'string') return (name === 'command' || name === 'args') && tellingText.test(value) ? hidden(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const list = value as readonly Json[]
    return list.map((member) => (name === 'env' ? variableHidden(member) : withoutSecrets(member, name))) as Json
  }
  const entries = Object.entries(value).map(([key, member]) => {
    if (key === 'annotations' && member !== null && typeof member === 'object')
      return [key, annotationsOf(member as Record<string, string>)]
    return [key, withoutSecrets(member, key)]
  })
  return Object.fromEntries(entries) as JsonObject
}

/** A reference to a Secret says where the value stands, not what it is. */
function variableHidden(variable: Json): Json {
  if (typeof variable !== 'object' || variable === null || !('value' in variable)) return variable
  return { ...(variable as JsonObject), value: hidden((variable as JsonObject)['value']) }
}
