import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { plan, RollbackError } from '@backstep/core'
import { fileRunner, type RunHandle } from '@backstep/runner'
import { openShop } from './scene.ts'
import { restoreJson } from './steps/restore-json.ts'

const { shop, runs: directory } = openShop()
const runner = fileRunner({ directory, actor: { id: 'portal' } })
const flags = plan({ name: 'flags', steps: restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } }) })

// #region server
const handles = new Map<string, RunHandle>()

/** `POST /runs` starts the rollback; `GET /runs/<id>/events` follows it, from the beginning, for any number of readers. */
const server = createServer((request, response) => {
  answer(request.method ?? '', request.url ?? '').catch((error: unknown) => {
    const known = error instanceof RollbackError ? error : undefined
    response.writeHead(known === undefined ? 500 : 409, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ code: known?.code ?? 'INTERNAL', hint: known?.hint ?? 'See the log.' }))
  })

  async function answer(method: string, url: string): Promise<void> {
    if (method === 'POST' && url === '/runs') {
      const handle = await runner.start(flags, { approved: await runner.preview(flags) })
      handles.set(handle.runId, handle)
      response.writeHead(201, { location: `/runs/${handle.runId}/events` }).end()
      return
    }
    const handle = handles.get(/^\/runs\/([^/]+)\/events$/.exec(url)?.[1] ?? '')
    if (handle === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for await (const event of handle.events) {
      if (event.type === 'record') response.write(`event: ${event.record.type}\ndata: ${JSON.stringify(event.record)}\n\n`)
    }
    response.end()
  }
})
// #endregion

server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { headers, status } = await fetch(`${url}/runs`, { method: 'POST' })
const followed = await fetch(url + headers.get('location'))
const names = [...(await followed.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
console.log(`${status} ${names.join(', ')}`)
server.close()
