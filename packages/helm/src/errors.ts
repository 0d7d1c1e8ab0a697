import type { RollbackError } from '@backstep/core'
import { toRollbackError as fromKubernetes } from '@backstep/kubernetes'
import type { HelmExit } from './client.ts'

/** What a failure below a step means to a run. The clients throw `RollbackError`s; anything else is a lost connection. */
export function toRollbackError(cause: unknown): RollbackError {
  return fromKubernetes(cause)
}

const longestLine = 300

/**
 * Why Helm ended as it did, in one line. Messages of an API server may quote whole objects, values of Secrets included, so only known
 * sentences are passed on; the whole output stays in the folder of the run.
 */
export function reasonOf({ exitCode, signal, errors }: HelmExit): string {
  const end = signal === null ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signal}`
  const said = known.map((pattern) => pattern.exec(errors)?.[0]).find((line) => line !== undefined)
  return `helm ended with ${end}${said === undefined ? '' : `: ${said.slice(0, longestLine)}`}`
}

/** Sentences of Helm without a word of an object's content: names, kinds and reasons only. */
const known: readonly RegExp[] = [
  /no \S+ with the name "[^"]+" found/,
  /original object \S+ with the name "[^"]+" not found/,
  /(?:pre|post)-(?:rollback|upgrade|install|delete) hooks? failed/,
  /failed (?:pre|post)-(?:rollback|upgrade|install|delete)/,
  /timed out waiting for the condition/,
  /context deadline exceeded/,
  /release has no \S+ version/,
  /release: (?:not found|already exists)/,
  /another operation \([^)]*\) is in progress/,
  /no matches for kind "[^"]+" in version "[^"]+"/,
  /field is immutable/,
  /exceeded quota: \S+/,
  /is forbidden: User "[^"]+" cannot \S+ resource "[^"]+" in API group "[^"]*"/,
  /conflict with "[^"]+"/,
  /admission webhook "[^"]+" denied the request/,
  /connection refused/,
  /Kubernetes cluster unreachable/,
  /i\/o timeout/,
  /Too long: [^\n]{0,60}/,
]
