import type { Json, JsonObject } from '@backstep/core'
import { listAt, objectAt, textAt } from './workload.ts'

/** A ConfigMap or a Secret that a pod template refers to. */
export interface ConfigRef {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly isOptional: boolean
}

export function isSameConfigRef(one: ConfigRef, other: ConfigRef): boolean {
  return one.kind === other.kind && one.name === other.name
}

/** Every reference of a template: environment, volumes, projected volumes, and pull secrets. Each object once. */
export function configRefsOf(template: Json): readonly ConfigRef[] {
  const spec = objectAt(template, ['spec'])
  const containers = [...listAt(spec, ['initContainers']), ...listAt(spec, ['containers']), ...listAt(spec, ['ephemeralContainers'])]
  const volumes = listAt(spec, ['volumes']).flatMap((volume) => [volume, ...listAt(volume, ['projected', 'sources'])])
  const all = [
    ...containers.flatMap((container) =>
      listAt(container, ['envFrom']).flatMap((source) => [
        named('ConfigMap', source['configMapRef']),
        named('Secret', source['secretRef']),
      ]),
    ),
    ...containers.flatMap((container) =>
      listAt(container, ['env']).flatMap((variable) => [
        named('ConfigMap', objectAt(variable, ['valueFrom'])['configMapKeyRef']),
        named('Secret', objectAt(variable, ['valueFrom'])['secretKeyRef']),
      ]),
    ),
    ...volumes.flatMap((volume) => [named('ConfigMap', volume['configMap']), named('Secret', volume['secret'])]),
    ...listAt(spec, ['imagePullSecrets']).map((secret) => named('Secret', { ...secret, optional: true })),
  ].filter((ref) => ref !== undefined)
  return all.filter((ref, index) => all.findIndex((other) => isSameConfigRef(other, ref)) === index)
}

/** A volume of a Secret says `secretName`, everything else `name`. */
function named(kind: ConfigRef['kind'], reference: Json | undefined): ConfigRef | undefined {
  const name = textAt(reference, ['name']) ?? textAt(reference, ['secretName'])
  return name === undefined ? undefined : { kind, name, isOptional: (reference as JsonObject)['optional'] === true }
}
