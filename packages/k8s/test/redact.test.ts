import type { JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'
import { describe, expect, it } from 'vitest'
import { redacted } from '../src/redact.ts'

const canary = 'canary-51ce7a'
const object = (kind: string, rest: JsonObject, metadata: JsonObject = {}): KubernetesObject =>
  ({ apiVersion: 'v1', kind, metadata: { name: 'one', uid: 'uid', resourceVersion: '1', ...metadata }, ...rest }) as KubernetesObject
const pod = (container: JsonObject): KubernetesObject => object('Pod', { spec: { containers: [{ name: 'app', ...container }] } })

describe('an object that is kept', () => {
  it.each([
    ['a value in env', pod({ env: [{ name: 'KEY', value: canary }] })],
    ['a command line that names a password', pod({ args: ['run', `--password=${canary}`] })],
    ['a shell command with a token', pod({ command: ['sh', '-c', `TOKEN=${canary} run`] })],
    ['the data of a Secret', object('Secret', { data: { password: canary } })],
    ['the text data of a Secret', object('Secret', { stringData: { password: canary } })],
    ['the data of a ConfigMap', object('ConfigMap', { data: { url: canary }, binaryData: { blob: canary } })],
    ['data of a Secret that is no object', object('Secret', { data: canary })],
    ['the last applied manifest', object('Pod', {}, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': canary } })],
    ['an annotation with a telling name', object('Pod', {}, { annotations: { 'example.com/api-key': canary } })],
    ['an annotation of a pod template', object('ReplicaSet', { spec: { template: { metadata: { annotations: { token: canary } } } } })],
    [
      'env in a ControllerRevision',
      object('ControllerRevision', { data: { spec: { template: pod({ env: [{ name: 'KEY', value: canary }] }) } } }),
    ],
    ['the managed fields', object('Pod', {}, { managedFields: [{ manager: canary }] })],
  ])('does not show %s', (_, given) => {
    expect(JSON.stringify(given)).toContain(canary)
    expect(JSON.stringify(redacted(given))).not.toContain(canary)
  })

  it('shows all the rest, and where a secret stands', () => {
    const given = pod({
      image: 'shop/checkout:v1',
      args: ['serve', '--port=80'],
      env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'one' } } }],
    })
    expect(redacted(given)).toEqual(given)
  })

  it('shows that two values are equal', () => {
    const [one, same, other] = [canary, canary, 'another'].map((value) => redacted(pod({ env: [{ name: 'KEY', value }] })))
    expect(one).toEqual(same)
    expect(one).not.toEqual(other)
  })
})
