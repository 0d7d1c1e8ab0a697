import type { ApprovalPolicy } from '../contract/nodes.ts'
import { firstRepeat, optionError, positiveDurationOf } from './option-error.ts'

/**
 * Checks that a policy can be met, and not by nobody.
 *
 * @throws RollbackError `OPTIONS_INVALID`, naming the place: no roles, a role twice, a quorum that is no whole number from 1 on, an expiry
 * of nothing.
 */
export function checkApprovalPolicy(where: string, policy: ApprovalPolicy): void {
  if (policy.roles.length === 0) throw optionError(`${where}: nobody may approve`, 'Name at least one role.')
  const repeat = firstRepeat(policy.roles)
  if (repeat !== undefined)
    throw optionError(`${where}: the role ${repeat} stands there twice`, 'Name each role once; ask for more people with a quorum.')
  const quorum: unknown = policy.quorum ?? 1
  if (quorum !== 'all' && !(Number.isInteger(quorum) && Number(quorum) >= 1)) {
    throw optionError(
      `${where}: a quorum of ${String(quorum)} cannot be counted`,
      "Use 'all' for one person of each role, or a whole number from 1 on.",
    )
  }
  if (policy.expires !== undefined) positiveDurationOf(`${where}.expires`, policy.expires)
}
