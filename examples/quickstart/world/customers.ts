import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readJson } from './json-file.ts'

/** What the customers were answered in one second. `refused`: maintenance. `unreachable`: no answer at all. */
export interface SecondOfOrders {
  /** Since 1970. */
  readonly second: number
  ok: number
  failed: number
  refused: number
  unreachable: number
}

export function customersFolder(root: string): string {
  return join(root, 'customers')
}

/** Whole seconds of the last ten minutes, oldest first; the one that is not over yet is left out. */
export function readSeconds(root: string): readonly SecondOfOrders[] {
  return (readJson<SecondOfOrders[]>(join(customersFolder(root), 'seconds.json')) ?? []).slice(0, -1)
}

export interface OrderTotals {
  readonly orders: number
  readonly ok: number
  readonly failed: number
  readonly refused: number
  readonly unreachable: number
}

/** Everything since a moment, in milliseconds since 1970. */
export function totalsSince(root: string, sinceMs: number): OrderTotals {
  const wanted = readSeconds(root).filter(({ second }) => second * 1000 >= sinceMs)
  const sum = (field: 'ok' | 'failed' | 'refused' | 'unreachable'): number => wanted.reduce((total, second) => total + second[field], 0)
  const totals = { ok: sum('ok'), failed: sum('failed'), refused: sum('refused'), unreachable: sum('unreachable') }
  return { orders: totals.ok + totals.failed + totals.refused + totals.unreachable, ...totals }
}

/** Every order that a customer was told is taken: its number, and the discount code that went with it. */
export function confirmedOrders(root: string): readonly { readonly id: string; readonly discountCode: string | undefined }[] {
  let text: string
  try {
    text = readFileSync(join(customersFolder(root), 'confirmed.log'), 'utf8')
  } catch {
    return []
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', , code = '-'] = line.split(' ')
      return { id, discountCode: code === '-' ? undefined : code }
    })
}

const pauseFile = (root: string): string => join(customersFolder(root), 'paused')

/** Lets no new order begin, and waits until those that were sent are answered. */
export async function pauseCustomers(root: string): Promise<void> {
  mkdirSync(customersFolder(root), { recursive: true })
  writeFileSync(pauseFile(root), 'paused\n')
  await sleep(300)
}

export function unpauseCustomers(root: string): void {
  rmSync(pauseFile(root), { force: true })
}
