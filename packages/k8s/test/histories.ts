import type { Json, JsonObject } from '@backstep/core'
import type { WorkloadKind } from '../src/workload.ts'

/** One thing that somebody does to a workload between two undos. */
export type Deed =
  /** The whole template from now on, without the name of the workload: the twins differ by it. */
  | { readonly act: 'release'; readonly what: string; readonly template: JsonObject }
  | { readonly act: 'annotate'; readonly what: string; readonly annotation: string; readonly value: string }
  | { readonly act: 'pause' | 'resume'; readonly what: string }

/** The life of a workload: how it was made, what was done to it, and which of its revisions it goes back to, again and again. */
export interface History {
  readonly kind: WorkloadKind
  readonly historyLimit: number
  readonly first: JsonObject
  /** What is done before each undo, and a number between 0 and 1 that picks the revision among those that are left. */
  readonly rounds: readonly { readonly deeds: readonly Deed[]; readonly pick: number }[]
}

export type Random = () => number

/** Numbers between 0 and 1 that a seed decides (mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function oneOf<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0]
}

/** What a template is made of. Each release changes some of it. */
interface Parts {
  readonly image: string
  readonly env: Readonly<Record<string, Json>>
  readonly annotations: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly limits: Readonly<Record<string, string>>
  readonly sidecars: readonly string[]
  readonly more: JsonObject
}

const startingParts: Parts = { image: 'shop/checkout:v1', env: {}, annotations: {}, labels: {}, limits: {}, sidecars: [], more: {} }

type Change = (parts: Parts, random: Random, step: number) => readonly [what: string, parts: Parts]

const images = ['v1', 'v2', 'v3', 'broken', 'missing', `x@sha256:${'a'.repeat(64)}`, `x@sha256:${'b'.repeat(64)}`] as const

const changes: readonly [Change, ...Change[]] = [
  (parts, random) => {
    const name = oneOf(random, images)
    return ['image', { ...parts, image: name.startsWith('x@') ? `shop/checkout${name.slice(1)}` : `shop/checkout:${name}` }]
  },
  (parts, random, step) => ['env', { ...parts, env: { ...parts.env, [oneOf(random, ['MODE', 'LEVEL', 'a.b-c/~1'])]: `value ${step}` } }],
  (parts) => ['env from a field', { ...parts, env: { ...parts.env, POD: { fieldRef: { fieldPath: 'metadata.name' } } } }],
  (parts) => ['no env', { ...parts, env: {} }],
  (parts, _, step) => [
    'annotation',
    { ...parts, annotations: { ...parts.annotations, 'shop.example/build': `${step} "quoted" \\ ü`, 'shop.example/empty': '' } },
  ],
  (parts) => ['no annotations', { ...parts, annotations: {} }],
  (parts, _, step) => [
    'restart',
    {
      ...parts,
      annotations: { ...parts.annotations, 'kubectl.kubernetes.io/restartedAt': new Date(1_750_000_000_000 + step * 60_000).toISOString() },
    },
  ],
  (parts, _, step) => ['label', { ...parts, labels: { ...parts.labels, 'shop.example/release': `r${step}` } }],
  (parts, random) => [
    'limits',
    {
      ...parts,
      limits: oneOf<Parts['limits']>(random, [
        {},
        { cpu: '500m', memory: '128Mi' },
        { memory: '1Gi' },
        { cpu: '0.25', memory: '134217728' },
      ]),
    },
  ],
  (parts, random) => ['sidecars', { ...parts, sidecars: oneOf(random, [[], ['proxy'], ['logs', 'proxy'], ['proxy', 'logs']]) }],
  (parts, random) => [
    'pod fields',
    {
      ...parts,
      more: oneOf<JsonObject>(random, [
        {},
        { nodeSelector: { 'kubernetes.io/os': 'linux' }, priority: 0 },
        { tolerations: [{ key: 'only', operator: 'Exists' }], hostAliases: [{ ip: '127.0.0.1', hostnames: ['one', 'two'] }] },
        { securityContext: { runAsNonRoot: true, fsGroup: 2000 }, volumes: [{ name: 'scratch', emptyDir: {} }] },
      ]),
    },
  ],
]

/**
 * A life of up to seven deeds before each of one or two undos. Two of three are Deployments; the others are StatefulSets and DaemonSets in
 * equal parts, which cannot be paused. Some go back to an old template by hand, some have so short a history that revisions are lost.
 */
export function randomHistory(random: Random): History {
  const kind = oneOf<WorkloadKind>(random, ['Deployment', 'Deployment', 'Deployment', 'Deployment', 'StatefulSet', 'DaemonSet'])
  const past: Parts[] = [startingParts]
  const rounds = Array.from({ length: random() < 0.4 ? 2 : 1 }, (_, round) => ({
    deeds: deedsOf(kind, past, random, round * 10),
    pick: random(),
  }))
  return { kind, historyLimit: random() < 0.2 ? 2 : 10, first: templateOfParts(startingParts), rounds }
}

function deedsOf(kind: WorkloadKind, past: Parts[], random: Random, offset: number): readonly Deed[] {
  let isPaused = false
  return Array.from({ length: 2 + Math.floor(random() * 6) }, (_, index): Deed => {
    const step = offset + index
    const roll = random()
    if (kind === 'Deployment' && roll < (isPaused ? 0.3 : 0.08)) {
      isPaused = !isPaused
      return { act: isPaused ? 'pause' : 'resume', what: isPaused ? 'pause' : 'resume' }
    }
    if (roll > 0.88) {
      const annotation = oneOf(random, [
        'kubernetes.io/change-cause',
        'shop.example/team',
        'kubectl.kubernetes.io/last-applied-configuration',
      ])
      return { act: 'annotate', what: annotation, annotation, value: annotation.startsWith('kubectl') ? '{}' : `deed ${step}` }
    }
    const last = past.at(-1) ?? startingParts
    const [what, parts] =
      roll > 0.8 ? ['an old template', oneOf(random, [startingParts, ...past])] : oneOf(random, changes)(last, random, step)
    past.push(parts)
    return { act: 'release', what, template: templateOfParts(parts) }
  })
}

function templateOfParts({ image, env, annotations, labels, limits, sidecars, more }: Parts): JsonObject {
  const variables = Object.entries(env).map(([name, value]) => ({
    name,
    ...(typeof value === 'string' ? { value } : { valueFrom: value }),
  }))
  return {
    metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'app',
          image,
          ...(variables.length === 0 ? {} : { env: variables }),
          ...(Object.keys(limits).length === 0 ? {} : { resources: { limits } }),
        },
        ...sidecars.map((name) => ({ name, image: `shop/${name}:v1` })),
      ],
      ...more,
    },
  }
}
