import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'

/** A place in the audit log. */
export type AuditMark = number

/** One request to the API server, as the server itself wrote it down. */
export interface AuditEntry {
  /** `testbed-admin`, or `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string
  readonly userAgent: string
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string
  /** `deployments`, with the subresource `deployments/scale`. */
  readonly resource: string
  readonly namespace: string
  /** Empty for lists, and for objects whose name the server makes up. */
  readonly name: string
  /** The HTTP status of the answer. */
  readonly status: number
  /** Sent with `dryRun=All`: the server changed nothing. */
  readonly isDryRun: boolean
  /** Asked for a change of something stored: no read, no dry run, no question about permissions. It may have been refused: see `status`. */
  readonly isWrite: boolean
  readonly requestUri: string
  /** When the server received it, ISO 8601 with microseconds. */
  readonly at: string
}

interface AuditLine {
  readonly requestURI: string
  readonly verb: string
  readonly user: { readonly username: string }
  readonly userAgent?: string
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly namespace?: string; readonly name?: string }
  readonly responseStatus?: { readonly code?: number }
  readonly requestReceivedTimestamp: string
}

const reads = new Set(['get', 'list', 'watch'])

/** The end of the log now. */
export function markOf(path: string): AuditMark {
  return existsSync(path) ? statSync(path).size : 0
}

/** What stands in the log after the mark and is about the namespace (objects in it, and itself). */
export function readAudit(path: string, namespace: string, since: AuditMark): readonly AuditEntry[] {
  const text = textAfter(path, since)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line.includes(`"${namespace}"`))
    .map((line) => entryOf(JSON.parse(line) as AuditLine))
    .filter((entry) => entry.namespace === namespace)
}

function textAfter(path: string, since: AuditMark): string {
  const length = markOf(path) - since
  if (length <= 0) return ''
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, since)).toString('utf8')
  } finally {
    closeSync(file)
  }
}

export function entryOf(line: AuditLine): AuditEntry {
  const { resource = '', subresource, namespace = '', name = '' } = line.objectRef ?? {}
  const isDryRun = new URL(line.requestURI, 'http://localhost').searchParams.has('dryRun')
  const isQuestion = /^(?:self)?(?:subject|token|local)[a-z]*reviews?$/.test(resource)
  return {
    user: line.user.username,
    userAgent: line.userAgent ?? '',
    verb: line.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    status: line.responseStatus?.code ?? 0,
    isDryRun,
    isWrite: !reads.has(line.verb) && !isDryRun && !isQuestion,
    requestUri: line.requestURI,
    at: line.requestReceivedTimestamp,
  }
}
