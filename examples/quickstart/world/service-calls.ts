import { RollbackError } from '@backstep/core'

/** One call to the shop or its supervisor; with a body it is a POST. */
export async function askService<Answer>(url: string, body?: unknown): Promise<Answer> {
  const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, { ...post, signal: AbortSignal.timeout(20_000) })
  if (response.ok) return (await response.json()) as Answer
  throw new RollbackError('REJECTED', `${url} answered ${response.status}`, { hint: 'Read logs/shop.log in the shop folder.' })
}
