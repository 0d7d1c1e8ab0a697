import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plan } from '@backstep/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileRunner } from '../src/index.ts'
import { Lamp, turnOn } from './bad-steps/lamp.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'backstep-folders-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('the private folder of a step in a preview', () => {
  it('is there while the step prepares, and gone with what it wrote when the preview has ended', async () => {
    const seen: string[] = []
    const step = turnOn(new Lamp(), {
      prepare: async (_input, context) => {
        const folder = await context.workDirectory()
        expect(await context.workDirectory()).toBe(folder)
        writeFileSync(join(folder, 'rendered.yaml'), 'password: hunter2')
        seen.push(folder)
      },
    })
    await fileRunner({ directory }).preview(plan({ name: 'lamp', steps: step }))
    expect(seen).toHaveLength(1)
    expect(existsSync(seen[0] ?? '')).toBe(false)
    expect(readdirSync(join(directory, 'previews'))).toEqual([])
  })

  it('is gone after a step that could not be prepared, too', async () => {
    const step = turnOn(new Lamp(), {
      prepare: async (_input, context) => {
        await context.workDirectory()
        throw new Error('no')
      },
    })
    await fileRunner({ directory }).preview(plan({ name: 'lamp', steps: step }))
    expect(readdirSync(join(directory, 'previews'))).toEqual([])
  })
})
