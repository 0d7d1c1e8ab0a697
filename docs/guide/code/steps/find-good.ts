import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { defineQuery, json, RollbackError } from '@backstep/core'
import * as z from 'zod'
import { fileError } from './file-errors.ts'

type Prices = 'changed' | 'as they were'

const saved = z.object({ version: z.string(), seenGood: z.boolean(), release: json(), flags: json(), prices: json() })

/** Finds the newest release of the shop that was seen good, and what its files held then. */
export const findGood = defineQuery({
  kind: 'shop.find-good',
  options: z.strictObject({ shop: z.string() }),
  result: z.object({
    version: z.string(),
    release: json(),
    flags: json(),
    prices: json(),
    pricesAre: z.enum(['changed', 'as they were']),
    regions: z.array(z.string()),
  }),
  toRollbackError: fileError,
  target: ({ shop }) => ({ system: 'shop', name: typeof shop === 'string' ? basename(shop) : 'shop' }),

  async read({ options: { shop } }) {
    const names = (await readdir(join(shop, 'history'))).sort().reverse()
    const releases = await Promise.all(names.map(async (name) => saved.parse(await readJson(join(shop, 'history', name)))))
    const good = releases.find(({ seenGood }) => seenGood)
    if (good === undefined)
      throw new RollbackError('TARGET_NOT_FOUND', `${shop}/history has no release that was seen good`, { hint: 'Choose one by hand.' })
    const { seenGood: _, ...files } = good
    const prices = await readJson(join(shop, 'prices.json'))
    const pricesAre: Prices = JSON.stringify(prices) === JSON.stringify(good.prices) ? 'as they were' : 'changed'
    return { ...files, pricesAre, regions: ['eu', 'us'] }
  },
})

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))
