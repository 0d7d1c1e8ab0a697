import { RollbackError } from '@backstep/core'
import type { Call, KubernetesObject, ListQuery } from './client.ts'
import type { Server } from './discovery.ts'
import { parseAnswer } from './parse-answer.ts'
import { objectPath } from './served-kinds.ts'

const pageSize = 500
const mostBeginnings = 3

interface Page {
  readonly items?: readonly Omit<KubernetesObject, 'apiVersion' | 'kind'>[]
  readonly metadata?: { readonly continue?: string }
}

/**
 * Everything that fits, page by page. When the server has forgotten the version of the first page (410) the listing is begun again, so that
 * all pages are of one moment.
 */
export async function listAll(server: Server, query: ListQuery, call: Call): Promise<readonly KubernetesObject[]> {
  for (let beginning = 1; beginning <= mostBeginnings; beginning++) {
    const all = await pages(server, query, call)
    if (all !== undefined) return all
  }
  throw new RollbackError('BACKEND_UNAVAILABLE', `list ${whatOf(query)}: the server forgets the listing faster than it can be read`, {
    hint: 'Look at the load of the API server, then resume.',
    effect: 'none',
  })
}

async function pages({ transport, kinds }: Server, query: ListQuery, call: Call): Promise<readonly KubernetesObject[] | undefined> {
  const { apiVersion, kind, namespace, labelSelector, fieldSelector } = query
  const path = objectPath(await kinds.need(query, call), { namespace })
  const items: KubernetesObject[] = []
  for (let next = ''; ;) {
    const search = new URLSearchParams({
      limit: String(pageSize),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(next === '' ? {} : { continue: next }),
    })
    const answer = await transport({ method: 'GET', path: `${path}?${search.toString()}`, asked: `list ${whatOf(query)}` }, call)
    if (answer.status === 410 && next !== '') return undefined
    const page = parseAnswer({ verb: 'list', what: whatOf(query) }, answer) as unknown as Page
    items.push(...(page.items ?? []).map((item) => ({ apiVersion, kind, ...item }) as KubernetesObject))
    next = page.metadata?.continue ?? ''
    if (next === '') return items
  }
}

function whatOf({ namespace, kind, labelSelector = '' }: ListQuery): string {
  return `${namespace === undefined ? '' : `${namespace}/`}${kind}${labelSelector === '' ? '' : ` (${labelSelector})`}`
}
