import { type Position, RollbackError } from '@backstep/core'
import { type ObjectRef, shortName } from '@backstep/kubernetes'

export { afterWrite, toRollbackError } from '@backstep/kubernetes'

/** An object that a step is about does not exist. */
export function missing(ref: Omit<ObjectRef, 'apiVersion'>): RollbackError {
  return new RollbackError('TARGET_NOT_FOUND', `${shortName(ref)} does not exist`, { hint: 'Check context, namespace, kind and name.' })
}

/** What is there is neither what was prepared nor what the step makes of it. Nothing was changed. */
export function drifted(what: string, position: Position): RollbackError {
  const found = 'detail' in position ? position.detail : position.at
  return new RollbackError('DRIFTED', `${what} is not as it was prepared: ${found}`, {
    hint: 'Find out who changed it, then preview again.',
  })
}

/** A manifest of a kind that this server does not know. */
export function notServed({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): RollbackError {
  return new RollbackError('NOT_SUPPORTED', `The server does not serve ${kind} of ${apiVersion}`, {
    hint: 'Check the API version, and that the definition of this kind is installed.',
    effect: 'none',
  })
}

/** A manifest of an object that belongs to the whole cluster. */
export function outsideNamespace({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>): RollbackError {
  return new RollbackError(
    'OPTIONS_INVALID',
    `${shortName({ kind, name })} belongs to the whole cluster, and this step writes into one namespace`,
    {
      hint: 'Take it out: what the whole cluster shares is not rolled back with one release.',
    },
  )
}
