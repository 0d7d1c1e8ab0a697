import { gunzipSync, gzipSync } from 'node:zlib'
import type { JsonObject } from '@backstep/core'
import type { Lab } from './helm-lab.ts'

/** Changes a stored record by hand, as nobody should: for states that take a race, a crash or an old cluster to come about. */
export async function editRecord(lab: Lab, revision: number, change: (release: JsonObject) => JsonObject): Promise<void> {
  const path = `secrets/sh.helm.release.v1.r.v${revision}`
  const secret = (await lab.api('GET', 'v1', path)) as { readonly data: { readonly release: string } }
  const payload = Buffer.from(Buffer.from(secret.data.release, 'base64').toString('latin1'), 'base64')
  const changed = change(JSON.parse(gunzipSync(payload).toString('utf8')) as JsonObject)
  const text = gzipSync(JSON.stringify(changed)).toString('base64')
  const { status } = changed['info'] as { readonly status: string }
  await lab.edit('v1', path, { metadata: { labels: { status } }, data: { release: Buffer.from(text).toString('base64') } })
}

/** Another status, and when it was last deployed. */
export function withInfo(info: JsonObject): (release: JsonObject) => JsonObject {
  return (release) => ({ ...release, info: { ...(release['info'] as JsonObject), ...info } })
}
