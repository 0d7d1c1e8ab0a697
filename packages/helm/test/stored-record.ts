import { gzipSync } from 'node:zlib'
import type { Json, JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'

/** A release as Helm stores it, with what the tests do not name filled in. */
export function storedRelease(fields: JsonObject & { readonly version: number; readonly info?: JsonObject }): JsonObject {
  const { info, ...rest } = fields
  return {
    name: 'r',
    namespace: 'shop',
    manifest:
      '---\n# Source: shop/templates/shop.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: r-settings\ndata:\n  image: "v1"\n',
    config: {},
    hooks: [],
    chart: {
      metadata: { name: 'shop', version: '0.1.0' },
      templates: [{ name: 'templates/shop.yaml', data: 'e30=' }],
      values: {},
      files: [],
    },
    ...rest,
    info: {
      status: 'deployed',
      description: 'Install complete',
      first_deployed: '2026-01-01T00:00:00Z',
      last_deployed: '2026-01-01T00:00:00Z',
      ...info,
    },
  }
}

export interface StoredAs {
  readonly kind?: 'Secret' | 'ConfigMap'
  readonly isZipped?: boolean
}

/** The Secret or ConfigMap of a release record. */
export function storedAs(release: JsonObject, { kind = 'Secret', isZipped = true }: StoredAs = {}): KubernetesObject {
  const json = Buffer.from(JSON.stringify(release))
  const payload = (isZipped ? gzipSync(json) : json).toString('base64')
  return stored(
    `sh.helm.release.v1.r.v${String(release['version'])}`,
    kind === 'Secret' ? Buffer.from(payload).toString('base64') : payload,
    kind,
  )
}

/** The same around any payload. */
export function stored(name: string, payload: string, kind: 'Secret' | 'ConfigMap' = 'Secret'): KubernetesObject {
  const data: Json = { release: payload }
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' }, data }
}
