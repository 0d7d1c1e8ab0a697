import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { contactLog, testContext } from '../contexts.ts'
import { failureOf } from '../failure-of.ts'
import { FlagService } from './flag-service.ts'
import { restoreFlag } from './restore-flag.ts'

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const source = pathOf('restore-flag.ts')
const core = pathOf('../../../')
const root = join(core, '../../')

const stepOn = (service: FlagService) => restoreFlag({ project: 'shop', flag: 'new-tax', toVersion: 1 }, { client: service })
const work = (service: FlagService) => ({
  prepared: { version: 2 },
  snapshot: { before: 'on', after: 'off' },
  mark: 'mark-1',
  receipt: service.versions.length > 2 ? { version: 3 } : undefined,
})

const outDir = mkdtempSync(join(tmpdir(), 'backstep-declarations-'))
afterAll(() => rmSync(outDir, { recursive: true, force: true }))

describe('a simple step of a third party', () => {
  it('takes at most 60 lines', () => {
    expect(readFileSync(source, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
  })

  it('compiles with isolated declarations, which show none of its schemas', () => {
    const compilerOptions = { rootDir: core, outDir, types: [], lib: ['es2024', 'esnext.disposable', 'webworker'], declarationMap: false }
    const config = { extends: join(root, 'tsconfig.build.base.json'), compilerOptions, files: [source] }
    writeFileSync(join(outDir, 'tsconfig.json'), JSON.stringify(config))
    const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', outDir], { encoding: 'utf8' })
    expect(stdout.split('\n').filter((line) => line.includes('flags/'))).toEqual([])
    const declarations = readFileSync(join(outDir, 'test/define/flags/restore-flag.d.ts'), 'utf8')
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
