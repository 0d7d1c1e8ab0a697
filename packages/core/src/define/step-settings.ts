import { durationMs } from '../contract/duration.ts'
import { RollbackError } from '../contract/errors.ts'
import type { StepSettings, TargetRef } from '../contract/step.ts'
import { refused } from './parse.ts'

const known: ReadonlySet<string> = new Set(['id', 'timeout', 'attempts', 'client'] satisfies readonly (keyof StepSettings | 'client')[])

/**
 * Checks the second argument of a step factory.
 *
 * @throws RollbackError `OPTIONS_INVALID` with every wrong or unknown setting.
 */
export function checkSettings(kind: string, settings: StepSettings): void {
  const { id, timeout, attempts } = settings
  const issues = Object.keys(settings)
    .filter((key) => !known.has(key))
    .map((key) => `Unrecognized key: "${key}"`)
  if (id !== undefined && !isName(id)) issues.push('id: expected up to 200 characters on one line')
  if (timeout !== undefined && !isTime(timeout)) issues.push("timeout: expected a time longer than zero with its unit, such as '90s'")
  if (attempts !== undefined && !(Number.isInteger(attempts) && attempts >= 1)) issues.push('attempts: expected a whole number from 1 on')
  if (issues.length > 0) throw refused(`${kind} settings`, issues)
}

/** A target stands in ids, so it needs a name. */
export function checkTarget(kind: string, target: TargetRef): TargetRef {
  if (isName(target?.system) && isName(target.name)) return target
  throw new RollbackError('OPTIONS_INVALID', `${kind}: its options name no target`, {
    hint: 'Fill the options that say which object is meant. A package whose target() uses a late option has a defect.',
  })
}

function isName(text: unknown): boolean {
  // eslint-disable-next-line no-control-regex -- a name with control characters would break lines of previews and journals
  return typeof text === 'string' && text.trim() !== '' && text.length <= 200 && !/[\u0000-\u001f\u007f]/.test(text)
}

function isTime(duration: Parameters<typeof durationMs>[0]): boolean {
  try {
    return durationMs(duration) > 0
  } catch {
    return false
  }
}
