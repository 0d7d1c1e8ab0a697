import type { Finding } from '@backstep/core'
import type { ToolVersion } from '@backstep/process'
import { cannotAdopt } from './helm-versions.ts'
import { nameOf } from './live-release.ts'
import { isToBeKept, losesData } from './precious-objects.ts'
import { hooksAround } from './release-changes.ts'
import { isPending, type History } from './release-history.ts'
import type { SeenRelease } from './release-position.ts'
import type { ReleaseRecord } from './release-record.ts'

/** What is known of a way besides the release itself. */
export interface WayFacts {
  readonly drift: readonly string[]
  readonly version: ToolVersion
  readonly runsHooks: boolean
  readonly verb: 'rollback' | 'upgrade'
}

/** Everything that a person should know before a release changes, most of it to be refused. */
export function wayFindings(
  seen: SeenRelease & { readonly to: ReleaseRecord },
  { drift, version, runsHooks, verb }: WayFacts,
): readonly Finding[] {
  return [
    ...recordFindings(seen.history),
    ...servedFindings(seen),
    ...leavingFindings(seen, version),
    ...(verb === 'rollback' ? unrecordedFindings(seen, version) : []),
    ...hookFindings(seen, runsHooks, verb),
    ...driftFindings(drift),
    ...methodFindings(seen),
    ...imageFindings(seen),
    ...sizeFindings(seen.to),
  ]
}

/** A record that Helm is at work on, or died with: refused. */
export function pendingFindings(last: ReleaseRecord): readonly Finding[] {
  if (!isPending(last)) return []
  const since = last.lastDeployedAt === undefined ? '' : ` since ${last.lastDeployedAt}`
  return [
    {
      level: 'blocker',
      code: 'helm.pending',
      message: `Revision ${last.revision} is ${last.status}${since}: another Helm is at work, or died`,
      hint: 'Make sure that no helm process and no pipeline works on this release, then put unlockRelease before this step.',
    },
  ]
}

function recordFindings({ records, unreadable }: History): readonly Finding[] {
  const deployed = records.filter(({ status }) => status === 'deployed')
  return [
    ...unreadable.map(({ name, why }): Finding => ({
      level: 'warning',
      code: 'helm.unreadable-record',
      message: `${name} is left out by Helm without a word. ${why}`,
      hint: 'Choose a revision that can be read; look at this record when the incident is over.',
    })),
    ...(deployed.length > 1
      ? [
          {
            level: 'warning' as const,
            code: 'helm.several-deployed' as const,
            message: `Revisions ${deployed.map(({ revision }) => revision).join(', ')} all call themselves deployed; the newest is taken for it`,
            hint: 'Two helm processes have met here. The rollback leaves one.',
          },
        ]
      : []),
  ]
}

function servedFindings({ tracked }: SeenRelease): readonly Finding[] {
  const unserved = new Set([...tracked.from.unserved, ...tracked.to.unserved].map(({ apiVersion, kind }) => `${kind} of ${apiVersion}`))
  if (unserved.size === 0) return []
  return [
    {
      level: 'blocker',
      code: 'helm.removed-api',
      message: `The API server does not serve ${[...unserved].join(', ')}, which a manifest of this release names; Helm would fail half way`,
      hint: 'Choose a revision without it, or rewrite the stored manifests for the new API in a change of their own.',
    },
  ]
}

function leavingFindings({ tracked, live }: SeenRelease, version: ToolVersion): readonly Finding[] {
  const leaving = [...tracked.from.objects.values()].filter(({ key }) => !tracked.to.objects.has(key) && live.has(key))
  const kept = leaving.filter(({ key, object }) => isToBeKept(object, live.get(key)))
  const precious = leaving.filter(({ key, object }) => losesData(object) && !isToBeKept(object, live.get(key)))
  const stops = cannotAdopt(version) ? `. Helm ${version.text} could not undo the rollback: it fails on what is there already` : ''
  return [
    ...kept.map(({ key }): Finding => ({
      level: stops === '' ? 'info' : 'warning',
      code: 'helm.kept',
      message: `${nameOf(key)} leaves the release and stays in the cluster: its resource policy is keep${stops}`,
      hint: 'Remove it by hand when nobody needs it.',
    })),
    ...precious.map(({ key, ref }): Finding => ({
      level: 'blocker',
      code: ref.kind === 'CustomResourceDefinition' ? 'helm.deletes-crd' : 'helm.deletes-data',
      message: `${nameOf(key)} is not in the target, so Helm would delete it and everything in it`,
      hint: 'Annotate the live object with helm.sh/resource-policy=keep, or choose another revision.',
    })),
  ]
}

function unrecordedFindings({ tracked, live }: SeenRelease, version: ToolVersion): readonly Finding[] {
  const names = [...tracked.to.objects.keys()].filter((key) => !tracked.from.objects.has(key) && live.has(key)).map(nameOf)
  if (names.length === 0) return []
  const isRefused = cannotAdopt(version)
  return [
    {
      level: isRefused ? 'blocker' : 'warning',
      code: 'helm.live-but-unrecorded',
      message: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} in the cluster and not in the newest record; ${
        isRefused ? `Helm ${version.text} fails on that half way` : 'Helm takes what is there and changes it'
      }`,
      hint: isRefused
        ? 'Use Helm 4.2 or newer, or remove the object in a step before this one.'
        : 'Make sure that nobody else needs it as it is.',
    },
  ]
}

function hookFindings(
  { last, to }: SeenRelease & { readonly to: ReleaseRecord },
  runsHooks: boolean,
  verb: WayFacts['verb'],
): readonly Finding[] {
  const hooks = hooksAround(to, verb)
  const upgradeHooks = last.hooks.filter(({ events }) => events.some((event) => event.endsWith('-upgrade') || event.endsWith('-install')))
  return [
    ...(hooks.length > 0
      ? [
          {
            level: 'warning' as const,
            code: 'helm.hooks' as const,
            message: `Hooks of revision ${to.revision} ${runsHooks ? 'run' : 'are left out'}: ${hooks.map(({ kind, name }) => `${kind}/${name}`).join(', ')}. What they do is not undone, and they run again when the step is repeated`,
            hint: runsHooks ? 'Make sure that they may run twice, or set hooks to skip.' : 'Make sure that the release works without them.',
          },
        ]
      : []),
    ...(upgradeHooks.length > 0
      ? [
          {
            level: 'warning' as const,
            code: 'helm.hooks-not-undone' as const,
            message: `Revision ${last.revision} ran ${upgradeHooks.map(({ kind, name }) => `${kind}/${name}`).join(', ')}; a rollback takes nothing of that back`,
            hint: 'If one of them changed a schema or data, put the step that undoes it before this one.',
          },
        ]
      : []),
  ]
}

function driftFindings(drift: readonly string[]): readonly Finding[] {
  if (drift.length === 0) return []
  return [
    {
      level: 'warning',
      code: 'helm.live-drift',
      message: `Live objects are not as the newest record says: ${drift.join('; ')}`,
      hint: 'Somebody changed these by hand. The rollback overwrites what the target says, and the changes do not come back with an undo.',
    },
  ]
}

function methodFindings({ last, to }: SeenRelease & { readonly to: ReleaseRecord }): readonly Finding[] {
  if (last.appliedBy === to.appliedBy) return []
  return [
    {
      level: 'info',
      code: 'helm.apply-method',
      message: `Revision ${last.revision} was applied by the ${last.appliedBy}, revision ${to.revision} by the ${to.appliedBy}; Helm follows the target`,
      hint: 'Look for conflicts of field managers when Helm refuses.',
    },
  ]
}

function imageFindings({ tracked, live }: SeenRelease): readonly Finding[] {
  const running = new Set([...live.values()].flatMap((object) => imagesIn(object)))
  const wanted = new Set([...tracked.to.objects.values()].flatMap(({ content }) => imagesIn(content)))
  const missing = [...wanted].filter((image) => !running.has(image))
  const mutable = [...wanted].filter((image) => !image.includes('@sha256:'))
  return [
    ...(missing.length > 0
      ? [
          {
            level: 'info' as const,
            code: 'helm.images' as const,
            message: `The target needs images that no object of the release uses now: ${missing.join(', ')}`,
            hint: 'Make sure that the registry still has them and that the nodes may pull them.',
          },
        ]
      : []),
    ...(mutable.length > 0
      ? [
          {
            level: 'info' as const,
            code: 'helm.mutable-images' as const,
            message: `Images are named by tag, not by digest: ${mutable.join(', ')}. A tag may mean another image by now`,
            hint: 'Compare the digests of the pods afterwards with those of the time when it was good.',
          },
        ]
      : []),
  ]
}

/** Every `image` of every container, however deep. */
function imagesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(imagesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    (key === 'containers' || key === 'initContainers') && Array.isArray(member)
      ? member.flatMap((container: unknown) => {
          const { image } = container as { readonly image?: unknown }
          return typeof image === 'string' ? [image] : []
        })
      : imagesIn(member),
  )
}

const nearlyFullBytes = 900_000

function sizeFindings(to: ReleaseRecord): readonly Finding[] {
  if (to.storedBytes < nearlyFullBytes) return []
  return [
    {
      level: 'warning',
      code: 'helm.large-record',
      message: `The record of revision ${to.revision} has ${to.storedBytes} bytes; the new one is as large, and a record holds about one MiB`,
      hint: 'If Helm says that it is too long, nothing was changed: use another revision or a smaller chart.',
    },
  ]
}
