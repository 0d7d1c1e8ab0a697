import { RollbackError } from '@backstep/core'

/** One call to the shop or its supervisor; with a body it is a POST. */
export async function askService<Answer>(url: string, body?: unknown): Promise<Answer> {
  const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, { ...post, signal: AbortSignal.timeout(20_000) })
  if (response.ok) return (await response.json()) as Answer
  throw new RollbackError('REJECTED', `${url} answered ${response.status}`, { hint: 'Read logs/shop.log in the shop folder.' })
}

/** Counters of the shop since its process started, as its `/metrics` says. */
export interface OrderCounters {
  readonly processStartedAt: number
  readonly ok: number
  readonly failed: number
  readonly refused: number
}

/** Reads the lines of the Prometheus text format that are about orders. */
export function parseCounters(text: string): OrderCounters | undefined {
  const number = (name: string): number | undefined => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length + 1))
  }
  const processStartedAt = number('process_start_time_seconds')
  const [ok, failed, refused] = ['ok', 'failed', 'refused'].map((result) => number(`shop_orders_total{result="${result}"}`))
  if (processStartedAt === undefined || ok === undefined || failed === undefined || refused === undefined) return undefined
  return { processStartedAt, ok, failed, refused }
}
