import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { allInstances, stopInstance } from '../src/instance.ts'
import type { Settings, System } from '../src/system.ts'

/** A cache of its own for the tests of one file. */
export function ownCache(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-testbed-test-'))
  vi.stubEnv('BACKSTEP_TESTBED_CACHE', folder)
  afterAll(async () => {
    // A test may have taken all stubs away: without this one, the instances would be those of everybody on this machine.
    vi.stubEnv('BACKSTEP_TESTBED_CACHE', folder)
    for (const instance of allInstances()) await stopInstance(instance, undefined)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

const serverProgram = "require('node:http').createServer((_, answer) => answer.end('here')).listen(Number(process.argv[1]), '127.0.0.1')"

/** Answers on loopback: the smallest thing that is a system. */
export function tinySystem(name: string, more: Partial<System> = {}): System {
  return {
    name,
    version: '1',
    summary: 'answers',
    needs: [],
    cost: { installSeconds: 1, diskMegabytes: 1, startSeconds: 1, memoryMegabytes: 40 },
    async start(context) {
      const port = await context.freePort()
      context.keep({ [`${name}Port`]: port })
      await context.run(name, process.execPath, ['-e', serverProgram, String(port)])
      await context.until(`${name} answers`, async () => (await problemOf(port)) === undefined)
    },
    health: (settings: Settings) => problemOf(Number(settings[`${name}Port`])),
    ...more,
  }
}

function problemOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, agent: false }, (answer) => resolve(void answer.resume()))
    call.on('error', (error) => resolve(error.message))
    call.end()
  })
}
