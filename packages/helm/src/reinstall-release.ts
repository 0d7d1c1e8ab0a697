import { gate, RollbackError, sequence, type ApprovalPolicy, type Options, type PlanNode, type StepSettings } from '@backstep/core'
import type { HelmClient } from './client.ts'
import { reinstallStep, type ReinstallOptions } from './reinstall-step.ts'

/** Who has to say yes before anything is deleted: at least two different people. */
export type ReinstallApprovals = Pick<ApprovalPolicy, 'roles' | 'expires'> & {
  /** `'all'`: one person of each role, of which there are two at least. A number: that many people, two at least. Default 2. */
  readonly quorum?: 'all' | number
}

const fewestPeople = 2
const longestName = 80

/**
 * The last resort: deletes the objects of a release, waits until they and their pods are gone, and lets Helm make the content of a revision
 * anew. For releases that neither `rollbackRelease`, `unlockRelease` nor `upgradeRelease` can repair: immutable fields, objects beyond repair.
 *
 * What holds data or an address stays and keeps its identity, by uid: volume claims and their volumes, namespaces, definitions, Services with
 * their addresses and node ports, Ingresses and Gateways, Secrets by default, and what is annotated with `helm.sh/resource-policy: keep`. The
 * history stays too.
 *
 * It begins with a gate at which two different people say yes, and nothing brings the deleted objects back: its risk is
 * `point-of-no-return`. So it does not compile inside of `automatic`, and nothing runs beside it. Services are interrupted from the first
 * removal until the new pods are ready.
 *
 * @throws RollbackError `OPTIONS_INVALID` when fewer than two people would be asked.
 */
export function reinstallRelease(
  options: Options<ReinstallOptions, 'toRevision' | 'digest'> & { readonly approvals: ReinstallApprovals },
  settings: StepSettings & { readonly client?: HelmClient } = {},
): PlanNode<'point-of-no-return'> {
  const { approvals, ...given } = options
  const step = reinstallStep(given, settings)
  const { quorum = fewestPeople } = approvals
  const people = quorum === 'all' ? new Set(approvals.roles).size : quorum
  if (people < fewestPeople) {
    throw new RollbackError(
      'OPTIONS_INVALID',
      `approvals: ${people} ${people === 1 ? 'person' : 'people'} would be asked, and two have to agree`,
      {
        hint: 'Leave quorum out, or give 2 or more.',
      },
    )
  }
  return sequence<'point-of-no-return' | 'none'>(
    gate.approval({ name: `reinstall ${given.release} in ${given.namespace}`.slice(0, longestName), ...approvals, quorum }),
    step,
  ) as PlanNode<'point-of-no-return'>
}
