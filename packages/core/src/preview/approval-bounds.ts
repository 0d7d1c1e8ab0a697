import type { Change, DataLoss, Preparation } from '../contract/preparation.ts'
import { worstRisk } from '../contract/risk.ts'

export type WithinApproval = { readonly within: true } | { readonly within: false; readonly why: string }

/**
 * Whether a second preparation still is what was approved: it ends at the same place and loses no more. Less is fine: fewer changes, a
 * smaller loss, a milder risk.
 *
 * Refused: another resource, action or identity after; a risk or a loss that was not approved; a longer time window; more rows counted than
 * the approved `rowsAtMost`; no limit any more, or one above the approved limit, because execute enforces the limit of its own preparation;
 * a worse risk of going back. Where no limit was approved, the rows that were shown are the limit.
 *
 * Kept somewhere else than approved is no more loss: names of kept copies may differ between preparations.
 */
export function isWithinApproval(approved: Preparation, now: Preparation): WithinApproval {
  const why = [...riskBeyond(approved, now), ...changesBeyond(approved.changes, now.changes)][0]
  return why === undefined ? { within: true } : { within: false, why }
}

function riskBeyond(approved: Preparation, now: Preparation): readonly string[] {
  const worse = now.risk
    .filter((risk) => risk !== 'none' && !approved.risk.includes(risk))
    .map((risk) => `the risk ${risk} was not approved`)
  const [before, after] = [approved.undo?.risk ?? 'reversible', now.undo?.risk ?? 'reversible']
  return worstRisk([before, after]) === before ? worse : [...worse, `going back is now ${after}, and ${before} was approved`]
}

function changesBeyond(approved: readonly Change[], now: readonly Change[]): readonly string[] {
  const left = [...approved]
  return now
    .filter(({ action, dataLoss }) => action !== 'none' || dataLoss !== undefined)
    .flatMap((change) => {
      const same = left.filter(
        (other) => other.resource === change.resource && other.action === change.action && other.after === change.after,
      )
      const reasons = same.map((other) => lossBeyond(change.resource, other.dataLoss, change.dataLoss))
      const fits = same[reasons.indexOf(undefined)]
      if (fits === undefined) return [reasons[0] ?? whyUnknown(approved, change)]
      left.splice(left.indexOf(fits), 1)
      return []
    })
}

function whyUnknown(approved: readonly Change[], { resource, action, after }: Change): string {
  const known = approved.find((other) => other.resource === resource)
  const end = after === undefined ? '' : ` to ${after}`
  if (known === undefined) return `${resource}: ${action}${end} was not approved`
  return `${resource}: ${action}${end} is not what was approved (${known.action}${known.after === undefined ? '' : ` to ${known.after}`})`
}

function lossBeyond(resource: string, approved: DataLoss | undefined, now: DataLoss | undefined): string | undefined {
  if (now === undefined) return undefined
  if (approved === undefined) return `${resource}: losing ${now.what} was not approved`
  if (approved.what !== now.what) return `${resource}: it would lose ${now.what}, and ${approved.what} was approved`
  if (approved.keptIn !== undefined && now.keptIn === undefined) return `${resource}: ${now.what} would not be kept in ${approved.keptIn}`
  return windowBeyond(resource, approved, now) ?? rowsBeyond(resource, approved, now)
}

function windowBeyond(resource: string, approved: DataLoss, now: DataLoss): string | undefined {
  const isEarlier = approved.from !== undefined && (now.from === undefined || Date.parse(now.from) < Date.parse(approved.from))
  const isLater = approved.to !== undefined && (now.to === undefined || Date.parse(now.to) > Date.parse(approved.to))
  return isEarlier || isLater ? `${resource}: it would lose writes from a longer time than was approved` : undefined
}

function rowsBeyond(resource: string, approved: DataLoss, now: DataLoss): string | undefined {
  const most = approved.rowsAtMost ?? approved.rows
  if (most === undefined) return undefined
  if (now.rows !== undefined && now.rows > most) return `${resource}: ${now.rows} rows would be lost, and at most ${most} were approved`
  if (now.rowsAtMost !== undefined && now.rowsAtMost > most && (approved.rowsAtMost !== undefined || now.rows === undefined)) {
    return `${resource}: the step would accept up to ${now.rowsAtMost} rows, and at most ${most} were approved`
  }
  if (now.rowsAtMost !== undefined || (approved.rowsAtMost === undefined && now.rows !== undefined)) return undefined
  return `${resource}: the step sets no limit on the rows, and at most ${most} were approved`
}
