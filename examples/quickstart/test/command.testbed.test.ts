import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { layoutOf } from '../world/layout.ts'
import { livingProcesses } from '../world/processes.ts'
import { temporaryFolder } from './helpers.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const root = temporaryFolder()

async function quickstart(...options: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = { ...process.env, NO_COLOR: '1' }
  const child = spawn(process.execPath, [main, '--world', root, ...options], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  return { code, output }
}

/** Every word that must not be in an output that people read. */
const neverShown = /\bundefined\b|\[object |NaN|\n\s+at .*:\d+:\d+/

describe('npm run quickstart', () => {
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('takes the shop back, proves it, and leaves nothing running', async () => {
    const { code, output } = await quickstart()
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).toMatch(/[5-9]\d\.\d % of \d+ orders failed/)
    expect(output).toContain('The shop is well again.')
    expect(output).toMatch(/customers +0 % of \d+ orders failed since the run/)
    expect(output).toContain('SQL 1, SQL 2, UNDO_SQL 2')
    expect(output).toMatch(/were confirmed to customers, 0 of them are lost/)
    expect(output).not.toMatch(neverShown)
    expect(output).not.toContain('\u001B[')
    expect(output.split('\n').filter((line) => line.length > 80 && !line.includes(root))).toEqual([])
    expect(readFileSync(join(root, 'report.md'), 'utf8')).toContain('# shop: succeeded')
    expect(livingProcesses(layoutOf(root).processes)).toEqual([])
    expect(existsSync(layoutOf(root).postgres)).toBe(false)
  })

  it('--crash: finds after SIGKILL what the database had committed, and does nothing twice', async () => {
    const { code, output } = await quickstart('--crash')
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).toContain('ends with step.intended of undo-migration')
    expect(output).toMatch(/the database +has schema 1; history: SQL 1, SQL 2, UNDO_SQL 2/)
    expect(output).toContain('after: its mark is there, not done again')
    expect(output).toMatch(/done once +1 undo in the history/)
    expect(output).toContain('0 of them are lost')
    expect(output).not.toMatch(neverShown)
  })

  it('--drift: is refused with exit code 3 before anything is changed', async () => {
    const { code, output } = await quickstart('--drift')
    expect({ code, output }).toMatchObject({ code: 3 })
    expect(output.replaceAll(/\s+/g, ' ')).toContain('table orders changed without a migration')
    expect(output).toMatch(/untouched +history, current, server, maintenance, evidence/)
    expect(output).toContain('Refused; nothing was changed.')
    expect(output).not.toMatch(neverShown)
  })

  it('--explain: shows the whole preview and touches nothing', async () => {
    const { code, output } = await quickstart('--explain')
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).toContain('DATA SET ASIDE')
    expect(output).toMatch(/untouched +history, current, server, maintenance, evidence/)
    expect(existsSync(join(root, 'report.md'))).toBe(false)
  })

  it('--ask without a terminal: is not decided, exit code 4', async () => {
    const { code, output } = await quickstart('--ask')
    expect({ code, output }).toMatchObject({ code: 4 })
    expect(output).toMatch(/waits at +gate go back/)
  })

  it('names what is wrong with the options, and what to do', async () => {
    const { code, output } = await quickstart('--crash', '--drift')
    expect(code).toBe(2)
    expect(output).toContain('--crash and --drift do not go together')
    expect(output).toMatch(/next +Pass one of them/)
  })

  it('--stop: touches no folder that is not its own', async () => {
    const other = temporaryFolder()
    const { code, output } = await quickstart('--stop', '--world', other)
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).toContain(`There is no shop in ${other}.`)
    rmSync(other, { recursive: true })
  })
})
