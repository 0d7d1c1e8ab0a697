import { type Finding, plainCause, RollbackError } from '@backstep/core'
import type { Access, Call, KubernetesClient } from '@backstep/kubernetes'
import { toRollbackError } from './errors.ts'
import type { Permission } from './permissions.ts'

/**
 * Makes a refusal useful: when a preview is refused, everything that a step needs is asked about, and what is missing is named by verb and
 * resource. Nothing is asked as long as nothing is refused.
 */
export async function explainRefusal<T>(
  client: Pick<KubernetesClient, 'review'>,
  { needs, namespace: scope, call }: { readonly needs: readonly Permission[]; readonly namespace: string | undefined; readonly call: Call },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof RollbackError)) throw cause
    if (cause.code !== 'PERMISSION_DENIED') throw withoutEffect(cause)
    const missing = await missingOf(client, needs, scope, call).catch(() => [])
    throw missing.length === 0 ? cause : notAllowed(missing, scope)
  }
}

/** A preview only reads: what was under way when it ended has changed nothing. */
function withoutEffect(error: RollbackError): RollbackError {
  if (error.effect === 'none') return error
  const { code, message, hint, canRetry } = error
  return new RollbackError(code, message, { hint, cause: plainCause(error), effect: 'none', canRetry })
}

/** What of it is not allowed: `patch deployments.apps`. */
export async function missingOf(
  client: Pick<KubernetesClient, 'review'>,
  needs: readonly Permission[],
  namespace: string | undefined,
  call: Call,
): Promise<readonly string[]> {
  const asked = needs.flatMap(({ group, resource, verbs }) => verbs.map((verb) => ({ group, resource, verb })))
  const answers = await Promise.all(
    asked.map(async (access) =>
      (await client.review({ ...access, ...scopeOf(access.resource, namespace) }, call)) ? [] : [nameOf(access)],
    ),
  )
  return [...new Set(answers.flat())]
}

/** @throws RollbackError `PERMISSION_DENIED`, naming what is missing. */
export async function requireAllowed(
  client: Pick<KubernetesClient, 'review'>,
  needs: readonly Permission[],
  { namespace, call }: { readonly namespace: string | undefined; readonly call: Call },
): Promise<void> {
  const missing = await missingOf(client, needs, namespace, call)
  if (missing.length > 0) throw notAllowed(missing, namespace)
}

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

/**
 * What a step needs later and no call of its preview proves. Somebody who may only read still sees the whole preview, with what is missing
 * as a finding that refuses the run; without a read there is nothing to see.
 *
 * @throws RollbackError `PERMISSION_DENIED` when a read is missing.
 */
export async function unprovedFindings(
  client: Pick<KubernetesClient, 'review'>,
  needs: readonly Permission[],
  scope: { readonly namespace: string | undefined; readonly call: Call },
): Promise<readonly Finding[]> {
  const only = (isRead: boolean): readonly Permission[] =>
    needs
      .map((need) => ({ ...need, verbs: need.verbs.filter((verb) => reading.has(verb) === isRead) }))
      .filter(({ verbs }) => verbs.length > 0)
  const [missing] = await Promise.all([
    missingOf(client, only(false), scope.namespace, scope.call),
    requireAllowed(client, only(true), scope),
  ])
  return writeFindings(missing, scope.namespace)
}

/**
 * What dry runs that were refused say. Every other failure of them is thrown.
 *
 * @throws RollbackError When one of them failed for another reason, or nothing that is missing explains the refusal.
 */
export async function deniedFindings(
  client: Pick<KubernetesClient, 'review'>,
  tried: readonly PromiseSettledResult<unknown>[],
  { needs, namespace, call }: { readonly needs: readonly Permission[]; readonly namespace: string | undefined; readonly call: Call },
): Promise<readonly Finding[]> {
  const failures = tried.filter((one) => one.status === 'rejected').map(({ reason }) => toRollbackError(reason))
  const [first] = failures
  if (first === undefined) return []
  const other = failures.find(({ code }) => code !== 'PERMISSION_DENIED')
  if (other !== undefined) throw other
  const missing = await missingOf(client, needs, namespace, call)
  if (!missing.some((one) => !isRead(one))) throw first
  return writeFindings(missing, namespace)
}

function isRead(missing: string): boolean {
  return reading.has(missing.split(' ')[0] ?? '')
}

function writeFindings(missing: readonly string[], namespace: string | undefined): readonly Finding[] {
  if (missing.length === 0) return []
  const { message, hint } = notAllowed(missing, namespace)
  return [
    {
      level: 'blocker',
      code: 'k8s.may-not-write',
      message: `${message}: the values shown are as asked for, not as the server would store them`,
      hint,
    },
  ]
}

export function notAllowed(missing: readonly string[], namespace: string | undefined): RollbackError {
  const where = namespace === undefined ? 'in the cluster' : `in namespace ${namespace}`
  return new RollbackError('PERMISSION_DENIED', `This identity may not ${missing.join(', ')} ${where}`, {
    hint: `Add a Role that allows ${missing.join(', ')}, then preview again.`,
  })
}

function scopeOf(asked: string, namespace: string | undefined): Partial<Access> {
  const [resource = '', subresource] = asked.split('/')
  const named = subresource === undefined ? {} : { resource, subresource }
  if (namespace === undefined) return named
  return resource === 'namespaces' ? { namespace, name: namespace } : { ...named, namespace }
}

function nameOf({ verb, resource, group }: Pick<Access, 'verb' | 'resource' | 'group'>): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`
}
