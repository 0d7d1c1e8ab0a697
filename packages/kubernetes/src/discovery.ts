import { RollbackError } from '@backstep/core'
import type { Call, ObjectKind, ServedKind } from './client.ts'
import type { Transport } from './http-transport.ts'
import { parseAnswer } from './parse-answer.ts'
import { versionPath, wellKnownKind } from './served-kinds.ts'

/** How a server serves kinds. Each version of each group is asked about once. */
export interface ServedKinds {
  find(kind: ObjectKind, call: Call): Promise<ServedKind | undefined>
  /** Like `find`, without asking about kinds that every server serves. Throws `NOT_SUPPORTED` when the kind is not served. */
  need(kind: ObjectKind, call: Call): Promise<ServedKind>
}

/** A transport and what is known of the server behind it. */
export interface Server {
  readonly transport: Transport
  readonly kinds: ServedKinds
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[]
}

export function served(transport: Transport): ServedKinds {
  const versions = new Map<string, Promise<ResourceList>>()
  const versionOf = (apiVersion: string, call: Call): Promise<ResourceList> => {
    const known = versions.get(apiVersion) ?? ask(transport, apiVersion, call)
    versions.set(apiVersion, known)
    known.catch(() => versions.delete(apiVersion))
    return known
  }
  const find = async ({ apiVersion, kind }: ObjectKind, call: Call): Promise<ServedKind | undefined> => {
    const { resources = [] } = await versionOf(apiVersion, call)
    const found = resources.find((one) => one.kind === kind && !one.name.includes('/'))
    if (found === undefined) versions.delete(apiVersion) // a definition that is installed later has to be found
    return found === undefined ? undefined : { apiVersion, kind, resource: found.name, isNamespaced: found.namespaced }
  }
  return {
    find,
    async need(kind, call) {
      const found = wellKnownKind(kind) ?? (await find(kind, call))
      if (found !== undefined) return found
      throw new RollbackError('NOT_SUPPORTED', `The server does not serve ${kind.kind} of ${kind.apiVersion}`, {
        hint: 'Check the API version, and that the definition of this kind is installed.',
      })
    },
  }
}

async function ask(transport: Transport, apiVersion: string, call: Call): Promise<ResourceList> {
  const asked = { verb: 'get', what: `the kinds of ${apiVersion}` }
  const answer = await transport({ method: 'GET', path: versionPath(apiVersion), asked: `${asked.verb} ${asked.what}` }, call)
  return answer.status === 404 ? {} : (parseAnswer(asked, answer) as ResourceList)
}
