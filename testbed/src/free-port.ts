import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { TestbedError } from './system.ts'

/** Below the range from which systems hand out ports for outgoing connections: one of those could sit on our port while a server restarts. */
const firstPort = 20_000
const lastPort = 29_999

/** A loopback port on which nobody listens now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = randomInt(firstPort, lastPort)
    if (await canListen(port)) return port
  }
  throw new TestbedError(`no free port between ${firstPort} and ${lastPort} on 127.0.0.1`, {
    hint: 'Allow this process to listen on loopback, or stop servers that are no longer needed.',
  })
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
