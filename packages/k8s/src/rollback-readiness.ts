import { defineQuery, type Finding, type QueryFactory, RollbackError } from '@backstep/core'
import { type Call, type KubernetesClient, kubernetesContacts, type KubernetesObject } from '@backstep/kubernetes'
import * as z from 'zod'
import { type ChosenRevision, chooseRevision } from './choose-revision.ts'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { ownerFindings } from './owners.ts'
import { explainRefusal, missingOf } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { type Revision, revisionsOf } from './revisions.ts'
import { currentRevision } from './rollout-look.ts'
import { budgetFindings, quotaFindings } from './room-findings.ts'
import { stuckPodsOf } from './stuck-pods.ts'
import { missingConfigFindings, strategyFindings, templateFindings } from './template-findings.ts'
import { pausedFindings, stuckFindings } from './undo-findings.ts'
import { numberAt, readWorkload, targetOfQuery, type WorkloadName, type WorkloadOptions, workloadOptions } from './workload.ts'

export interface RollbackReadinessOptions extends WorkloadOptions {
  /** The name of a revision. Left out: the last known good one. */
  readonly to?: string | undefined
}

export type ReadinessReason = {
  /** `blocker`: an undo would be refused or come to nothing. */
  readonly level: 'blocker' | 'warning' | 'info'
  readonly code: string
  readonly message: string
  readonly hint: string
}

export type RollbackReadiness = {
  /** No blocker was found. */
  readonly canRollBack: boolean
  /** The revision that would be gone back to; empty when there is none. */
  readonly target: string
  /** Why this one. */
  readonly evidence: string
  /** How many more releases this revision outlives before its controller deletes it; 0 when the next one may delete it. */
  readonly releasesLeft: number
  readonly reasons: readonly ReadinessReason[]
  /** What could not be looked at, so nothing is said of it. */
  readonly notSeen: readonly string[]
}

/**
 * "Could I still roll back, and if not, why?" Asked before there is an incident: whether the revision is still kept and for how many more
 * releases, who would be in the way (a pause, an owner, stuck pods, a quota), whether the ConfigMaps and Secrets that it needs are there, and
 * whether this identity may do it. It reads only. Whether an image is still in its registry is not seen from here.
 */
export const rollbackReadiness: QueryFactory<RollbackReadinessOptions, RollbackReadiness, KubernetesClient> = defineQuery({
  kind: 'k8s.rollback-readiness',
  options: z.strictObject({ ...workloadOptions, to: z.string().min(1).optional() }),
  result: z.object({
    canRollBack: z.boolean(),
    target: z.string(),
    evidence: z.string(),
    releasesLeft: z.int(),
    reasons: z.array(z.object({ level: z.enum(['blocker', 'warning', 'info']), code: z.string(), message: z.string(), hint: z.string() })),
    notSeen: z.array(z.string()),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: targetOfQuery,

  read: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.podsReady(options.kind), namespace: options.namespace, call: context }, async () => {
      const live = await readWorkload(client, options, context)
      const history = await revisionsOf(client, options, live, context)
      const found = targetIn(history, live, options)
      const looks: readonly Look[] = [
        ...('revision' in found ? looksAt(client, options, live, found.revision) : []),
        { what: 'permissions', look: () => permissionFindings(client, options, context) },
      ]
      const seen = await Promise.all(looks.map((look) => seenOrNot(look, context)))
      const reasons = [
        ...('revision' in found ? [] : [found]),
        ...pausedFindings(live, { ...options, whenPaused: 'refuse' }),
        ...ownerFindings(live, []),
      ]
      const all = [...reasons, ...seen.flatMap(({ findings }) => findings)].map(({ level, code, message, hint }) => ({
        level,
        code,
        message,
        hint,
      }))
      return {
        canRollBack: all.every(({ level }) => level !== 'blocker'),
        target: 'revision' in found ? found.revision.name : '',
        evidence: 'revision' in found ? found.evidence : '',
        releasesLeft: 'revision' in found ? releasesLeft(found.revision, history, live) : 0,
        reasons: all,
        notSeen: [...seen.flatMap(({ notSeen }) => notSeen), 'images in their registries'],
      }
    }),
})

function targetIn(
  history: readonly Revision[],
  live: KubernetesObject,
  { to, ...workload }: WorkloadName & Pick<RollbackReadinessOptions, 'to'>,
): ChosenRevision | Finding {
  try {
    const choice = to === undefined ? { lastKnownGood: { ranAtLeastMs: 3_600_000 } } : { name: to }
    return chooseRevision(choice, history, currentRevision(live, history, workload), workload)
  } catch (cause) {
    if (!(cause instanceof RollbackError)) throw cause
    return { level: 'blocker', code: 'k8s.no-target', message: cause.message, hint: cause.hint }
  }
}

interface Look {
  /** For people, when it is not allowed. */
  readonly what: string
  readonly look: (call: Call) => Promise<readonly Finding[]>
}

function looksAt(client: KubernetesClient, workload: WorkloadName, live: KubernetesObject, target: Revision): readonly Look[] {
  const { namespace } = workload
  const listed =
    (apiVersion: string, kind: string, findingsOf: (found: readonly KubernetesObject[]) => readonly Finding[]): Look['look'] =>
    async (call) =>
      findingsOf(await client.list({ apiVersion, kind, namespace }, call))
  return [
    { what: 'strategy', look: async () => [...strategyFindings(live, workload, false), ...templateFindings(live, target)] },
    { what: 'ConfigMaps and Secrets', look: (call) => missingConfigFindings(client, workload, live, target, call) },
    {
      what: 'pods',
      look: async (call) => stuckFindings(await stuckPodsOf(client, workload, live, target, call), { ...workload, stuckPods: 'refuse' }),
    },
    { what: 'quotas', look: listed('v1', 'ResourceQuota', (quotas) => quotaFindings(live, target.template, quotas)) },
    { what: 'disruption budgets', look: listed('policy/v1', 'PodDisruptionBudget', (budgets) => budgetFindings(target.template, budgets)) },
  ]
}

async function seenOrNot(
  { what, look }: Look,
  call: Call,
): Promise<{ readonly findings: readonly Finding[]; readonly notSeen: readonly string[] }> {
  try {
    return { findings: await look(call), notSeen: [] }
  } catch (cause) {
    if (!(cause instanceof RollbackError) || cause.code !== 'PERMISSION_DENIED') throw cause
    return { findings: [], notSeen: [what] }
  }
}

async function permissionFindings(client: KubernetesClient, { kind, namespace }: WorkloadName, call: Call): Promise<readonly Finding[]> {
  const missing = await missingOf(client, permissions.undoRollout(kind), namespace, call)
  if (missing.length === 0) return []
  return [
    {
      level: 'blocker',
      code: 'k8s.not-allowed',
      message: `This identity may not ${missing.join(', ')} in namespace ${namespace}`,
      hint: 'Ask again as the identity that would roll back, or add a Role that allows it.',
    },
  ]
}

/** Old revisions go oldest first once there are more than the limit; the current one does not count. */
function releasesLeft(target: Revision, history: readonly Revision[], live: KubernetesObject): number {
  const limit = numberAt(live, ['spec', 'revisionHistoryLimit']) ?? 10
  const newerToo = history.findIndex(({ name }) => name === target.name)
  return Math.max(0, limit - Math.max(1, newerToo))
}
