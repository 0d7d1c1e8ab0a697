import { setTimeout as sleep } from 'node:timers/promises'
import { RollbackError } from '@backstep/core'
import { readSeconds, type SecondOfOrders } from '../world/customers.ts'
import { bar, type Screen } from './screen.ts'

const barWidth = 24
const patienceMs = 20_000

/** Shows what customers are answered, a line a second, for so many seconds. */
export async function watchCustomers(screen: Screen, root: string, count: number, abortSignal: AbortSignal): Promise<void> {
  let shown = Math.floor(Date.now() / 1000)
  const deadline = performance.now() + count * 1000 + patienceMs
  for (let left = count; left > 0;) {
    const fresh = readSeconds(root).filter(({ second }) => second > shown)
    for (const second of fresh.slice(0, left)) showSecond(screen, second)
    left -= fresh.length
    shown = fresh.at(-1)?.second ?? shown
    if (left > 0) await sleep(100, undefined, { signal: abortSignal })
    if (performance.now() > deadline)
      throw new RollbackError('TIMED_OUT', 'Nobody orders any more', { hint: `Read ${root}/shop/logs/customers.log.` })
  }
}

function showSecond({ line, paint }: Screen, second: SecondOfOrders): void {
  const { ok, failed, refused, unreachable } = second
  const { good, bad } = bar(ok, failed + refused + unreachable, barWidth)
  const counts = [
    `${String(ok).padStart(3)} ok`,
    ...(failed === 0 ? [] : [paint('red', `${failed} failed`)]),
    ...(refused === 0 ? [] : [`${refused} told to wait`]),
    ...(unreachable === 0 ? [] : [`${unreachable} not answered`]),
  ]
  const time = paint('dim', new Date(second.second * 1000).toISOString().slice(11, 19))
  line(`${time}  ${paint('green', good)}${paint('red', bad)}  ${counts.join(paint('dim', ', '))}`)
}

/** `80 % of 97 orders fail`. */
export function shareOfFailures({ orders, failed }: { readonly orders: number; readonly failed: number }): string {
  return orders === 0 ? 'no orders' : `${((100 * failed) / orders).toFixed(failed === 0 ? 0 : 1)} % of ${orders} orders failed`
}
