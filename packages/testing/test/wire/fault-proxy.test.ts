import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultProxy, type FaultProxy } from '../../src/index.ts'

describe('faultProxy', () => {
  let server: Server
  let proxy: FaultProxy
  let received = ''
  let closed: Promise<void>
  beforeEach(async () => {
    received = ''
    const { promise, resolve } = Promise.withResolvers<void>()
    closed = promise
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.on('data', (bytes) => {
        received += bytes.toString()
        socket.write(`got ${bytes.toString()}`)
      })
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    proxy = await faultProxy({ port: (server.address() as AddressInfo).port })
  })
  afterEach(async () => {
    await proxy.close()
    await new Promise((resolve) => server.close(resolve))
  })

  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(proxy.port, '127.0.0.1', () => resolve(socket))
      socket.once('error', reject)
    })
  /** The answer, or how the connection ended instead. */
  const say = (socket: Socket, text: string): Promise<string> =>
    new Promise((resolve) => {
      socket.once('data', (bytes) => resolve(bytes.toString()))
      socket.once('error', (error) => resolve((error as { code?: string }).code ?? 'error'))
      socket.once('close', () => resolve('closed'))
      socket.write(text)
    })

  it('passes everything on, both ways, and counts it', async () => {
    const socket = await open()
    expect(await say(socket, 'one')).toBe('got one')
    expect(await say(socket, 'two')).toBe('got two')
    expect(proxy.traffic).toEqual({ connections: 1, requests: 2 })
    socket.destroy()
    await closed
  })

  it('drops an answer after the server has acted', async () => {
    const fault = proxy.inject({ act: 'drop', at: { request: 2 } })
    const socket = await open()
    expect(await say(socket, 'one')).toBe('got one')
    expect(await say(socket, 'two')).toBe('closed')
    expect(received).toBe('onetwo')
    expect(fault.count).toBe(1)
  })

  it('refuses a connection, and not the next one', async () => {
    proxy.inject({ act: 'refuse', at: { connection: 1 } })
    const outcome = await open().then(
      (socket) => say(socket, 'one'),
      (error: { readonly code: string }) => error.code,
    )
    expect(['ECONNRESET', 'closed']).toContain(outcome)
    const socket = await open()
    expect(await say(socket, 'two')).toBe('got two')
    expect(received).toBe('two')
    socket.destroy()
  })

  it('lets a request through and its answer hang until the client gives up', async () => {
    const fault = proxy.inject({ act: 'hang', at: { bytes: (request) => request.includes('commit') } })
    const socket = await open()
    let answers = 0
    socket.on('data', () => answers++)
    socket.write('commit')
    await fault.happened
    const other = await open()
    expect(await say(other, 'other')).toBe('got other')
    expect([received, answers, socket.destroyed]).toEqual(['commitother', 0, false])
    socket.destroy()
    other.destroy()
    await closed
  })

  it('cuts a request in the middle', async () => {
    proxy.inject({ act: 'cut', at: { request: 1 } })
    const socket = await open()
    expect(await say(socket, '0123456789')).toBe('closed')
    await closed
    expect(received).toBe('01234')
  })

  it('holds a request back, as often as it was told', async () => {
    const fault = proxy.inject({ act: { delayMs: 30 }, at: { request: 1 }, times: 2 })
    const socket = await open()
    const answered = say(socket, 'one')
    await fault.happened
    expect(received).toBe('')
    expect(await answered).toBe('got one')
    for (const text of ['two', 'three']) expect(await say(socket, text)).toBe(`got ${text}`)
    expect(fault.count).toBe(2)
    socket.destroy()
  })

  it('lets one of two faults act where both fit, and the other next time', async () => {
    const [held, cut] = [proxy.inject({ act: { delayMs: 1 }, at: { request: 1 } }), proxy.inject({ act: 'cut', at: { request: 1 } })]
    const socket = await open()
    expect(await say(socket, 'one')).toBe('got one')
    expect([held.count, cut.count]).toEqual([1, 0])
    expect(await say(socket, 'two')).toBe('closed')
    expect([held.count, cut.count]).toEqual([1, 1])
  })

  it('takes a fault back', async () => {
    const fault = proxy.inject({ act: 'cut', at: { request: 1 } })
    proxy.inject({ act: 'drop', at: { request: 1 } })
    fault.remove()
    proxy.heal()
    const socket = await open()
    expect(await say(socket, 'one')).toBe('got one')
    expect(fault.count).toBe(0)
    socket.destroy()
  })

  it('is really refused while it is unreachable, and comes back on the same port', async () => {
    const before = await open()
    const ended = new Promise((resolve) => before.once('close', resolve))
    const bringBack = await proxy.unreachable()
    await ended
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await bringBack()
    const socket = await open()
    expect(await say(socket, 'again')).toBe('got again')
    socket.destroy()
  })
})
