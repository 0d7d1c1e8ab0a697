// The world of the guide's programs: a folder with the files of a small shop, which has just got a bad release.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const good = {
  version: 'v1',
  release: { version: 'v1' },
  flags: { newCheckout: false },
  prices: { tea: 3 },
}
const bad = { release: { version: 'v2' }, flags: { newCheckout: true }, prices: { tea: 30 } }

/** A fresh shop and a folder for its runs. Both are gone when the program ends. */
export function openShop(): { readonly shop: string; readonly runs: string } {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const shop = join(folder, 'shop')
  fillShop(shop)
  return { shop, runs: join(folder, 'runs') }
}

/** The files of the shop, as the bad release left them. */
export function fillShop(shop: string): void {
  mkdirSync(join(shop, 'history'), { recursive: true })
  put(join(shop, 'history', 'v1.json'), { ...good, seenGood: true })
  put(join(shop, 'history', 'v2.json'), { version: 'v2', ...bad, seenGood: false })
  put(join(shop, 'release.json'), bad.release)
  put(join(shop, 'flags.json'), bad.flags)
  put(join(shop, 'prices.json'), bad.prices)
  put(join(shop, 'door.json'), { open: true })
  put(join(shop, 'old-orders.json'), { orders: [] })
  for (const region of ['eu', 'us']) {
    mkdirSync(join(shop, region), { recursive: true })
    put(join(shop, region, 'flags.json'), bad.flags)
  }
}

/** Somebody writes a file of the shop. */
export function put(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`)
}
