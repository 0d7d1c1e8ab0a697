import { hashOf, type Finding } from '@backstep/core'
import type { Call } from '@backstep/kubernetes'
import type { ToolVersion } from '@backstep/process'
import type { ReleaseObjects } from './client.ts'
import { nameOf } from './live-release.ts'
import { mergeOperations } from './merged-object.ts'
import type { SeenRelease } from './release-position.ts'
import type { ReleaseRecord } from './release-record.ts'

/**
 * Asks the server, by a dry run, whether it would take each object that is there and has to change. Helm itself asks nobody: it stops in the
 * middle. An immutable field, a webhook, a policy and a quota are found here; where Helm applies by the server, so are fields that another
 * manager owns.
 */
export async function rehearsalFindings(
  client: ReleaseObjects,
  { tracked, live, to }: SeenRelease & { readonly to: ReleaseRecord },
  { version, conflicts }: { readonly version: ToolVersion; readonly conflicts: 'refuse' | 'force' },
  call: Call,
): Promise<readonly Finding[]> {
  const isByServer = appliesByServer(to, version)
  const changing = [...tracked.to.objects.values()].filter(({ key, content, served }) => {
    const before = tracked.from.objects.get(key)
    // Where Helm applies by the server it applies every object, changed or not.
    return served !== undefined && live.has(key) && (isByServer || before === undefined || hashOf(before.content) !== hashOf(content))
  })
  if (changing.length === 0) return []
  const isForced = !isByServer || conflicts === 'force'
  const answers = await client.rehearse(
    changing.map(({ key, content, ref }) => {
      const object = live.get(key)
      const merges = !isByServer && object !== undefined
      const operations = merges ? mergeOperations(tracked.from.objects.get(key)?.content, content, object) : undefined
      return { manifest: content, namespace: ref.namespace, ...(operations === undefined ? {} : { operations }) }
    }),
    { isForced },
    call,
  )
  return changing.flatMap(({ key }, index): readonly Finding[] => {
    const refusal = answers[index]
    return refusal === undefined ? [] : [findings[refusal.what](nameOf(key), refusal.message)]
  })
}

/** Helm 3 knows one way only; Helm 4 takes the way of the revision that it goes back to. */
export function appliesByServer({ appliedBy }: ReleaseRecord, { major }: ToolVersion): boolean {
  return major >= 4 && appliedBy === 'server'
}

const findings: Readonly<Record<'conflict' | 'refused' | 'unclear', (name: string, message: string) => Finding>> = {
  conflict: (name, message) => ({
    level: 'blocker',
    code: 'helm.conflict',
    message: `Helm would stop half way at ${name}, since another manager owns fields of it (${message})`,
    hint: "Let the other manager give them up, or set conflicts to 'force' to take them over.",
  }),
  refused: (name, message) => ({
    level: 'blocker',
    code: 'helm.refused-object',
    message: `The server would not take ${name} as the target has it, so Helm would stop half way (${message})`,
    hint: 'Remove or replace the object in a step before this one, or choose another revision.',
  }),
  unclear: (name, message) => ({
    level: 'warning',
    code: 'helm.not-rehearsed',
    message: `Whether the server takes ${name} could not be tried (${message})`,
    hint: 'Look at the webhooks and permissions that are named.',
  }),
}
