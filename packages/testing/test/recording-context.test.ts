import { existsSync } from 'node:fs'
import { RollbackError, secret, type Output } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { recordingContext } from '../src/index.ts'
import { restoreSettings } from './steps/restore-settings.ts'
import { plantedToken, settingsService } from './steps/settings-service.ts'

const secrets = { SETTINGS_TOKEN: plantedToken }
const stepOver = (client = settingsService({ limit: '50' }).client) =>
  restoreSettings({ token: secret('SETTINGS_TOKEN'), names: ['limit'], value: '20' }, client)

describe('recordingContext', () => {
  it('records contacts, revealed secrets and marks', async () => {
    const context = recordingContext({ secrets, mark: 'mine' })
    const step = stepOver()
    const { prepared, snapshot } = await step.prepare(context.prepare)
    await step.execute({ prepared, snapshot: snapshot ?? null, mark: 'mine', receipt: undefined }, context.execute)
    expect(context.contacts.map(({ name, state }) => `${name} ${state}`)).toEqual(['read answered', 'read answered', 'write answered'])
    expect([...context.revealed]).toEqual(['SETTINGS_TOKEN'])
    expect([context.hasWritten(), context.openContacts()]).toEqual([true, []])
  })

  it('refuses contacts after an abort, and says that nothing was written', async () => {
    const context = recordingContext({ secrets })
    context.abort()
    await expect(stepOver().prepare(context.prepare)).rejects.toMatchObject({ code: 'ABORTED', effect: 'none' })
    expect(context.contacts).toEqual([{ name: 'read', mode: 'read', state: 'refused' }])
  })

  it('keeps the reason of an abort', async () => {
    const context = recordingContext({ secrets })
    context.abort(new RollbackError('LEASE_LOST', 'gone', { hint: 'Look.' }))
    await expect(stepOver().prepare(context.prepare)).rejects.toMatchObject({ code: 'LEASE_LOST', hint: 'Look.', effect: 'none' })
  })

  it('shows which contacts are still open', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const context = recordingContext({ secrets, observer: { before: () => promise, after: () => undefined } })
    const called = stepOver().prepare(context.prepare)
    await expect.poll(() => context.openContacts()).toEqual(['read'])
    resolve()
    await called
    expect(context.openContacts()).toEqual([])
  })

  it('rejects a secret and an output that nobody gave it', async () => {
    const context = recordingContext()
    await expect(context.step.reveal(secret('OTHER'))).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' })
    expect(() => context.prepare.read({} as Output<string>)).toThrow(expect.objectContaining({ code: 'OUTPUT_NOT_KNOWN' }) as Error)
    expect(recordingContext({ read: () => 'v1' }).prepare.read({} as Output<string>)).toBe('v1')
  })

  it('seals texts so that they cannot be read, and unseals them', async () => {
    const { step } = recordingContext()
    const { sealed } = await step.seal('hunter2-hunter2')
    expect(Buffer.from(sealed, 'base64').toString()).not.toContain('hunter2')
    expect(await step.unseal({ sealed })).toBe('hunter2-hunter2')
    await expect(recordingContext().step.unseal({ sealed })).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' })
  })

  it('keeps streams for a later context, and misses what was never kept', async () => {
    const first = recordingContext()
    const blob = await first.prepare.keep(bytesOf('one', 'two'))
    expect(blob.bytes).toBe(6)
    const second = recordingContext({ kept: first.kept })
    expect(await textOf(second.step.open(blob))).toBe('onetwo')
    await expect(textOf(recordingContext().step.open(blob))).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' })
  })

  it('hands notes of an earlier process back, and records new ones as plain data', async () => {
    const context = recordingContext({ notes: [{ pid: 1 }] })
    await context.execute.note({ pid: 2 })
    expect([context.execute.notes, context.notes]).toEqual([[{ pid: 1 }], [{ pid: 1 }, { pid: 2 }]])
  })

  it('makes one work folder, and removes it', async () => {
    const context = recordingContext()
    const folder = await context.step.workDirectory()
    expect([existsSync(folder), await context.step.workDirectory()]).toEqual([true, folder])
    await context.cleanUp()
    expect(existsSync(folder)).toBe(false)
  })
})

async function* bytesOf(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const piece of bytes) text += new TextDecoder().decode(piece)
  return text
}
