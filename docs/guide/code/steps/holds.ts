import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { defineCheck, json } from '@backstep/core'
import * as z from 'zod'

/** Does a JSON file hold this value under this key? A file that cannot be read is no data. */
export const holds = defineCheck({
  kind: 'files.holds',
  options: z.strictObject({ file: z.string(), key: z.string(), value: json() }),
  late: ['value'],
  target: ({ file }) => ({ system: 'file', name: basename(file) }),

  async sample({ options: { file, key, value } }, context) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) return { status: 'unknown', evidence: [], reason: `${basename(file)} cannot be read` }
    const [actual, expected] = [(JSON.parse(text) as Record<string, unknown>)[key], value].map((one) => `${key} ${JSON.stringify(one)}`)
    const evidence = [context.evidence(key, actual ?? '', file)]
    return actual === expected
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: expected ?? '', actual: actual ?? '' }
  },
})
