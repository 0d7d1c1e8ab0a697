import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { contactLog, testContext } from '../contexts.ts'
import { failureOf } from '../failure-of.ts'
import { FlagService } from './flag-service.ts'
import { restoreFlag } from './restore-flag.ts'

const source = fileURLToPath(new URL('restore-flag.ts', import.meta.url))
const compiler = fileURLToPath(new URL('../../../../../node_modules/typescript/bin/tsc', import.meta.url))
const base = fileURLToPath(new URL('../../../../../tsconfig.base.json', import.meta.url))

const stepOn = (service: FlagService) => restoreFlag({ project: 'shop', flag: 'new-tax', toVersion: 1 }, { client: service })
const work = (service: FlagService) => ({
  prepared: { version: 2 },
  snapshot: { before: 'on', after: 'off' },
  mark: 'mark-1',
  receipt: service.versions.length > 2 ? { version: 3 } : undefined,
})

describe('a simple step of a third party', () => {
  it('takes at most 60 lines', () => {
    expect(readFileSync(source, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
  })

  it('compiles with isolated declarations, which show none of its schemas', () => {
    const outDir = mkdtempSync(join(tmpdir(), 'backstep-declarations-'))
    const flags = [
      '--declaration',
      '--emitDeclarationOnly',
      '--isolatedDeclarations',
      '--noEmit',
      'false',
      '--ignoreConfig',
      '--outDir',
      outDir,
    ]
    const settings = Object.entries(JSON.parse(readFileSync(base, 'utf8')).compilerOptions as Record<string, unknown>).filter(
      ([name]) => name !== 'noEmit',
    )
    const given = settings.flatMap(([name, value]) => [`--${name}`, String(value)])
    const result = spawnSync(process.execPath, [compiler, source, ...given, ...flags], { encoding: 'utf8' })
    expect(result.stdout).toBe('')
    const declarations = readFileSync(join(outDir, 'restore-flag.d.ts'), 'utf8')
    rmSync(outDir, { recursive: true })
    expect(declarations).toContain(
      "restoreFlag: StepFactory<RestoreFlagOptions, RestoreFlagReceipt, 'reversible', FlagClient, 'toVersion'>",
    )
    expect(declarations).not.toContain('zod')
  }, 60_000)

  it('prepares, executes, proves and puts back', async () => {
    const service = new FlagService('off', 'on')
    const step = stepOn(service)
    const { calls, contacts } = contactLog()
    const context = testContext({ contacts })
    const preparation = await step.prepare(context)
    expect(preparation).toMatchObject({ prepared: { version: 2 }, snapshot: { before: 'on', after: 'off' }, risk: ['reversible'] })
    expect(await step.probe(work(service), context)).toEqual({ at: 'before' })
    const receipt = await step.execute(work(service), context)
    expect(receipt).toEqual({ version: 3 })
    expect(await step.probe(work(service), context)).toEqual({ at: 'after', receipt })
    expect(await step.verify({ ...work(service), receipt }, context)).toMatchObject({ status: 'healthy' })
    expect(await step.compensate?.(work(service), context)).toMatchObject({ evidence: [{ value: '4' }] })
    expect(await step.probe(work(service), context)).toEqual({ at: 'before' })
    expect(service.versions.map(({ rules }) => rules)).toEqual(['off', 'on', 'off', 'on'])
    expect(calls.filter(({ mode, when }) => mode === 'write' && when === 'before')).toHaveLength(2)
  })

  it('is refused by the service when somebody else was faster', async () => {
    const service = new FlagService('off', 'on', 'half')
    expect(await failureOf(() => stepOn(service).execute(work(service), testContext()))).toMatchObject({ code: 'DRIFTED', effect: 'none' })
    expect(service.versions).toHaveLength(3)
  })
})
