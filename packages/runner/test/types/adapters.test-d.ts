import { automatic, plan, secret, sequence } from '@backstep/core'
import { describe, it } from 'vitest'
import * as compose from '../plans/adapters/compose.ts'
import * as helm from '../plans/adapters/helm.ts'
import * as k8s from '../plans/adapters/k8s.ts'
import * as migrations from '../plans/adapters/migrations.ts'
import * as release from '../plans/adapters/release.ts'
import * as restore from '../plans/adapters/restore.ts'
import { check, lossy, safe } from './parts.ts'

const base = { name: 'x', target: 'prod/shop', any: [{ check, for: '5m' }], knownGood: check, cooldown: '1h', maxPerDay: 2 } as const
const project = { project: 'p', host: 'h', services: ['api'] } as const
const inCluster = { cluster: 'prod', namespace: 'shop' } as const

describe('steps as packages will have them', () => {
  it('a machine swaps no database and empties no volume', () => {
    const swap = restore.swapPostgres({ database: 'shop', url: secret('URL'), side: 'shop_0400' })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'nightly', steps: sequence(safe, swap) }) })
    const node = { cluster: 'prod', node: 'node-3' }
    automatic({ ...base, run: plan({ name: 'node', steps: k8s.drainNode({ ...node, emptyDir: 'refuse' }) }) })
    // @ts-expect-error data loss by option
    automatic({ ...base, run: plan({ name: 'node', steps: k8s.drainNode({ ...node, emptyDir: 'delete' }) }) })
  })
  it('an image that can be moved is no target', () => {
    compose.redeploy({ ...project, images: ['shop/api@sha256:41aa'] })
    // @ts-expect-error a tag
    compose.redeploy({ ...project, images: ['shop/api:latest'] })
    // @ts-expect-error not a list
    compose.redeploy({ ...project, images: 'shop/api@sha256:41aa' })
  })
  it('a moment is in UTC', () => {
    // @ts-expect-error local time
    k8s.history({ ...inCluster, deployment: 'users', goodBefore: '2026-11-22 04:30' })
  })
  it('an option that is misspelt or missing is found', () => {
    const app = { ...inCluster, release: 'shop' } as const
    helm.rollbackRelease({ ...app, toDigest: 'sha256:41aa' })
    // @ts-expect-error misspelt
    helm.rollbackRelease({ ...app, toDigset: 'sha256:41aa' })
    // @ts-expect-error toDigest is missing
    helm.rollbackRelease(app)
  })
  it('the output of one fits the option of another, or does not', () => {
    const target = release.resolve({ name: 'shop', repository: 'shop/shop', strategy: { exact: 'v1.4.2' } })
    compose.redeploy({ ...project, images: target.output.images })
    // @ts-expect-error one image is no list
    compose.redeploy({ ...project, images: target.output.api })
    // @ts-expect-error a text is no colour
    k8s.switchTraffic({ ...inCluster, service: 'shop', to: lossy.output.host })
    k8s.switchTraffic({ ...inCluster, service: 'shop', to: k8s.liveColour({ ...inCluster, service: 'shop' }).output.idle })
    // @ts-expect-error a strategy is one of the two
    release.resolve({ name: 'shop', repository: 'shop/shop', strategy: { newest: true } })
  })
  it('a password is not written into a plan', () => {
    // @ts-expect-error a value
    migrations.liquibaseRollback({ database: 'shop', toTag: 'v1', rowsAtMost: 0, url: 'postgres://user:hunter2@host/shop' })
  })
  it('a limit that is a promise cannot be raised', () => {
    // @ts-expect-error only a dump that comes first
    restore.restoreMongo({ database: 'shop', archive: 'a', dumpFirst: false })
  })
})
