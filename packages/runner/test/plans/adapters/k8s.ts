import type { StepFactory } from '@backstep/core'
import * as z from 'zod'
import { duration, images, image, instant, name, names } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

const inNamespace = { cluster: name, namespace: name }
const pathOf = (...parts: readonly string[]): string => parts.join('/')
const place = ({ cluster, namespace }: { readonly cluster: string; readonly namespace: string }, object: string): string =>
  pathOf(cluster, namespace, object)

export const history = stubQuery({
  kind: 'k8s.history',
  options: z.strictObject({ ...inNamespace, deployment: name, goodBefore: instant }),
  result: z.object({ replicaSet: z.string(), digest: image }),
  target: (o) => place(o, o.deployment),
  answers: { replicaSet: 'user-service-7d4f', digest: 'shop/user-service@sha256:41aa' },
})
export const workloads = stubQuery({
  kind: 'k8s.workloads',
  options: z.strictObject({ ...inNamespace, selector: name }),
  result: z.object({ names: z.array(z.string()) }),
  target: (o) => place(o, o.selector),
  answers: { names: ['porttrack-app', 'porttrack-worker'] },
})
export const liveColour = stubQuery({
  kind: 'k8s.live-colour',
  options: z.strictObject({ ...inNamespace, service: name }),
  result: z.object({ live: z.enum(['blue', 'green']), idle: z.enum(['blue', 'green']), idleDeployment: z.string() }),
  target: (o) => place(o, o.service),
  answers: { live: 'green', idle: 'blue', idleDeployment: 'porttrack-blue' },
})

export const undoRollout = stubStep({
  kind: 'k8s.undo-rollout',
  options: z.strictObject({
    ...inNamespace,
    deployment: name,
    to: name,
    resumeIfPaused: z.boolean().default(false),
    force: z.boolean().default(false),
  }),
  receipt: z.object({ replicaSet: z.string(), digest: z.string() }),
  risk: 'reversible',
  traits: { layer: 'code' },
  late: ['to'],
  target: (o) => place(o, o.deployment),
  gives: { replicaSet: 'user-service-7d4f', digest: 'shop/user-service@sha256:41aa' },
})
export const applyManifests = stubStep({
  kind: 'k8s.apply-manifests',
  options: z.strictObject({ ...inNamespace, paths: names, commit: name, images }),
  receipt: z.object({ applied: z.array(z.string()) }),
  risk: 'reversible',
  traits: { layer: 'code' },
  late: ['commit', 'images'],
  target: (o) => place(o, o.paths.join('+')),
  gives: { applied: ['Deployment/orders', 'Deployment/users'] },
})
/** Enter: replicas to zero. Leave: the replicas that were captured. */
export const scaleDown = stubStep({
  kind: 'k8s.scale-down',
  options: z.strictObject({ ...inNamespace, selector: name }),
  receipt: z.object({ replicas: z.int() }),
  risk: 'reversible',
  traits: { stopsWriters: true },
  target: (o) => place(o, o.selector),
  gives: { replicas: 3 },
})
/** Enter: the ingress answers 503 with a page. Leave: the ingress that was captured. */
export const maintenance = stubStep({
  kind: 'k8s.maintenance',
  options: z.strictObject({ ...inNamespace, ingress: name, retryAfter: duration.default('5m') }),
  receipt: z.object({ since: instant }),
  risk: 'reversible',
  traits: { stopsWriters: true, layer: 'traffic' },
  target: (o) => place(o, o.ingress),
  gives: { since: '2026-11-23T03:00:00Z' },
})
export const restoreConfig = stubStep({
  kind: 'k8s.restore-config',
  options: z.strictObject({ ...inNamespace, configMap: name, commit: name }),
  receipt: z.object({ hash: z.string() }),
  risk: 'reversible',
  late: ['commit'],
  target: (o) => place(o, o.configMap),
  gives: { hash: '9ab0' },
})
export const restart = stubStep({
  kind: 'k8s.restart',
  options: z.strictObject({ ...inNamespace, selector: name }),
  receipt: z.object({ pods: z.int() }),
  risk: 'reversible',
  target: (o) => place(o, o.selector),
  gives: { pods: 6 },
})
export const patchSecret = stubStep({
  kind: 'k8s.patch-secret',
  options: z.strictObject({ ...inNamespace, secret: name, key: name, value: z.string() }),
  receipt: z.object({ version: z.string() }),
  risk: 'reversible',
  traits: { layer: 'data' },
  late: ['value'],
  target: (o) => place(o, o.secret),
  gives: { version: '7' },
})
export const switchTraffic = stubStep({
  kind: 'k8s.switch-traffic',
  options: z.strictObject({ ...inNamespace, service: name, to: z.enum(['blue', 'green']) }),
  receipt: z.object({ selector: z.string() }),
  risk: 'reversible',
  traits: { layer: 'traffic' },
  late: ['to'],
  target: (o) => place(o, o.service),
  gives: { selector: 'colour=blue' },
})
export const restartKubelet = stubStep({
  kind: 'k8s.restart-kubelet',
  options: z.strictObject({ host: name }),
  receipt: z.object({ ready: z.boolean() }),
  risk: 'reversible',
  traits: { fencing: 'lease-only' },
  target: (o) => o.host,
  gives: { ready: true },
})
export const ensureDeployed = stubStep({
  kind: 'k8s.ensure-deployed',
  options: z.strictObject({ ...inNamespace, workload: name, commit: name }),
  receipt: z.object({ created: z.boolean() }),
  risk: 'reversible',
  traits: { layer: 'code' },
  target: (o) => place(o, o.workload),
  gives: { created: true },
})
export const restartUnhealthy = stubStep({
  kind: 'k8s.restart-unhealthy',
  options: z.strictObject({ ...inNamespace, selector: name }),
  receipt: z.object({ restarted: z.array(z.string()) }),
  risk: 'reversible',
  target: (o) => place(o, o.selector),
  gives: { restarted: ['prometheus-0'] },
})
/** Enter: no new pods. Leave: as it was. */
export const cordon = stubStep({
  kind: 'k8s.cordon',
  options: z.strictObject({ cluster: name, node: name }),
  receipt: z.object({ node: z.string() }),
  risk: 'reversible',
  target: (o) => pathOf(o.cluster, o.node),
  gives: { node: 'node-3' },
})
/** Users reach nothing any more. */
export const isolate = stubStep({
  kind: 'k8s.isolate',
  options: z.strictObject({ ...inNamespace, selector: name }),
  receipt: z.object({ policy: z.string() }),
  risk: 'reversible',
  traits: { stopsWriters: true },
  target: (o) => place(o, o.selector),
  gives: { policy: 'deny-all' },
})

interface DrainOptions<EmptyDir extends 'refuse' | 'delete'> {
  readonly cluster: string
  readonly node: string
  /** Data in `emptyDir` volumes is lost with the pod. */
  readonly emptyDir: EmptyDir
}
type DrainRisk<EmptyDir> = EmptyDir extends 'delete' ? 'data-loss' : 'reversible'
type Drained = { readonly evicted: number }
const draining = {
  kind: 'k8s.drain-node',
  receipt: z.object({ evicted: z.int() }),
  target: (o: { readonly cluster: string; readonly node: string }) => pathOf(o.cluster, o.node),
  gives: { evicted: 4 },
} as const
const drainOptions = <const EmptyDir extends 'refuse' | 'delete'>(emptyDir: EmptyDir) =>
  z.strictObject({ cluster: name, node: name, emptyDir: z.literal(emptyDir) })
const drainKeeping = stubStep({ ...draining, options: drainOptions('refuse'), risk: 'reversible' })
const drainDeleting = stubStep({ ...draining, options: drainOptions('delete'), risk: 'data-loss' })

/** The option decides the risk, so that `emptyDir: 'delete'` cannot be hidden in an automatic plan. */
export function drainNode<const EmptyDir extends 'refuse' | 'delete'>(
  options: DrainOptions<EmptyDir>,
): ReturnType<StepFactory<DrainOptions<EmptyDir>, Drained, DrainRisk<EmptyDir>>> {
  const made =
    options.emptyDir === 'delete' ? drainDeleting({ ...options, emptyDir: 'delete' }) : drainKeeping({ ...options, emptyDir: 'refuse' })
  return made as ReturnType<StepFactory<DrainOptions<EmptyDir>, Drained, DrainRisk<EmptyDir>>>
}
