import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTool, settled, type ToolRequest } from '../src/index.ts'
import { isAlive, textOf, until } from './left-behind.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'process-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const stop = (): AbortController => new AbortController()
const shell = (script: string, more: Partial<ToolRequest> = {}): ToolRequest => ({
  folder,
  name: 'tool',
  command: '/bin/sh',
  args: ['-c', script],
  environment: { PATH: '/usr/bin:/bin' },
  abortSignal: stop().signal,
  ...more,
})

describe('a tool that runs to its end', () => {
  it('tells exit code and both outputs', async () => {
    expect(await runTool(shell('echo said; echo cried >&2; exit 3'))).toEqual({
      exitCode: 3,
      signal: null,
      output: 'said\n',
      errors: 'cried\n',
      isOutputCut: false,
    })
  })

  it('tells the signal that ended it', async () => {
    expect(await runTool(shell('kill -KILL $$'))).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })

  it('may itself exit with the code that the launcher uses', async () => {
    expect(await runTool(shell('exit 75'))).toMatchObject({ exitCode: 75 })
  })

  it('gets its arguments as they are: no shell reads them', async () => {
    const args = ['$HOME', '`id`', 'a b', "it's", '"quoted"', '', '; rm -rf /', '*', '-n\nline']
    const exit = await runTool(
      shell('', { command: process.execPath, args: ['-p', 'JSON.stringify(process.argv.slice(1))', '--', ...args] }),
    )
    expect(JSON.parse(exit.output)).toEqual(args)
  })

  it('gets the environment that was given, and nothing of ours', async () => {
    process.env['BACKSTEP_TEST_LEAK'] = 'ours'
    const { output } = await runTool(shell('env', { environment: { GIVEN: 'yes', PATH: '/usr/bin:/bin' } }))
    delete process.env['BACKSTEP_TEST_LEAK']
    expect(output).toContain('GIVEN=yes')
    expect(output).not.toContain('BACKSTEP_TEST_LEAK')
  })

  it('reads its input, and may end without reading it', async () => {
    expect(await runTool(shell('cat', { input: 'by standard input' }))).toMatchObject({ output: 'by standard input' })
    expect(await runTool(shell('exit 0', { input: 'x'.repeat(1_000_000) }))).toMatchObject({ exitCode: 0 })
  })

  it('runs in a process group of its own, and as the very process that was started', async () => {
    const { output } = await runTool(shell('cut -d " " -f 1,5 /proc/self/stat; echo $$'))
    const [[, group] = [], [shellId] = []] = output.split('\n').map((line) => line.split(' '))
    expect(group).toBe(shellId)
  })

  it('leaves no watcher behind when it was to be stopped with us', async () => {
    const { output } = await runTool(shell('echo $$', { whenWeDie: 'stop' }))
    await until(() => !isAlive(-Number(output)))
    expect(isAlive(-Number(output))).toBe(false)
  })

  it('leaves no mark and no ticket, and its outputs readable by this user alone', async () => {
    await runTool(shell('echo said'))
    expect(readdirSync(folder).sort()).toEqual(['tool.err', 'tool.out'])
    expect(statSync(join(folder, 'tool.out')).mode & 0o777).toBe(0o600)
  })

  it('shows only the end of a long output, without half a character', async () => {
    const { output, isOutputCut } = await runTool(shell('for i in 1 2 3 4 5 6; do printf "ä%s" $i; done', { tailBytes: 8 }))
    expect({ output, isOutputCut }).toEqual({ output: '4ä5ä6', isOutputCut: true })
  })
})

describe('a secret', () => {
  it('is refused as an argument, before anything is started', async () => {
    const request = shell('touch started', { args: ['-c', 'echo pass-word-9 > started'], secretValues: ['pass-word-9'] })
    await expect(runTool(request)).rejects.toMatchObject({ code: 'INTERNAL', effect: 'none' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('does not come back in an output, also where the cut goes through it', async () => {
    const secretValues = ['pass-word-9']
    const environment = { PATH: '/usr/bin:/bin', SECRET: 'pass-word-9' }
    const whole = await runTool(shell('echo "it is $SECRET"; echo "$SECRET" >&2', { environment, secretValues }))
    expect(whole).toMatchObject({ output: 'it is [secret]\n', errors: '[secret]\n' })
    for (let tailBytes = 1; tailBytes < 24; tailBytes++) {
      const { output } = await runTool(shell('printf "before $SECRET after"', { environment, secretValues, tailBytes }))
      expect(output).not.toMatch(/word|pass-|-9 /)
    }
  })
})

describe('a tool that cannot be started', () => {
  it('is named, with what to do, and nothing happened', async () => {
    await expect(runTool(shell('', { command: '/nowhere/tool' }))).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      effect: 'none',
      hint: expect.stringContaining('Install tool'),
    })
    await expect(runTool(shell('', { command: 'sh' }))).rejects.toMatchObject({ code: 'INTERNAL', effect: 'none' })
  })

  it('is not started after an abort', async () => {
    await expect(runTool(shell('touch started', { abortSignal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'ABORTED',
      effect: 'none',
    })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('an abort', () => {
  it('stops the tool with everything that it started, and says that its effect is unknown', async () => {
    const controller = stop()
    const running = runTool(shell('sleep 60 & echo $! > inner; wait', { abortSignal: controller.signal }))
    await until(() => textOf(join(folder, 'inner')) !== '')
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'ABORTED', effect: 'unknown' })
    await until(() => !isAlive(Number(textOf(join(folder, 'inner')))))
  })

  it('kills what does not listen', async () => {
    const controller = stop()
    const script = "trap '' TERM; sleep 60 & echo $! > inner; touch ready; while :; do sleep 1; done"
    const running = runTool(shell(script, { abortSignal: controller.signal, killAfterMs: 100 }))
    await until(() => textOf(join(folder, 'inner')) !== '')
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'ABORTED', message: expect.stringContaining('SIGKILL') })
    await until(() => !isAlive(Number(textOf(join(folder, 'inner')))))
  })

  it('lets a tool finish that ends in time, and tells its exit', async () => {
    const controller = stop()
    const running = runTool(
      shell('while [ ! -e go ]; do sleep 0.02; done; echo whole', { abortSignal: controller.signal, finishWithinMs: 60_000 }),
    )
    await until(() => textOf(join(folder, 'tool.mark')) !== '')
    controller.abort()
    writeFileSync(join(folder, 'go'), '')
    await expect(running).resolves.toMatchObject({ exitCode: 0, output: 'whole\n' })
  })
})

describe('a process that was thought dead', () => {
  it('does not start its tool once another one has taken over', async () => {
    const running = runTool(shell('touch started', { name: 'slow' }))
    const taken = settled({ folder, name: 'slow', abortSignal: stop().signal })
    const [result, found] = await Promise.allSettled([running, taken])
    const wasPrevented = found.status === 'fulfilled' && found.value === 'prevented'
    expect(readdirSync(folder).includes('started')).toBe(!wasPrevented)
    if (wasPrevented) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'LEASE_LOST', effect: 'none' } })
    else expect(result).toMatchObject({ status: 'fulfilled' })
    expect(readFileSync(join(folder, 'slow.out'), 'utf8')).toBe('')
  })
})
