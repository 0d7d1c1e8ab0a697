import { writeFileSync } from 'node:fs'

export interface KubeconfigOptions {
  readonly url: string
  readonly caFile: string
  readonly token: string
  /** The namespace of the context; default none, which means `default`. */
  readonly namespace?: string
}

/** Writes a kubeconfig with one context, `testbed`, readable by its owner only. JSON is YAML, so every client reads it. */
export function writeKubeconfig(path: string, { url, caFile, token, namespace }: KubeconfigOptions): void {
  const context = { cluster: 'testbed', user: 'testbed', ...(namespace === undefined ? {} : { namespace }) }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'testbed', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: 'testbed', user: { token } }],
    contexts: [{ name: 'testbed', context }],
    'current-context': 'testbed',
  }
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
}
