// Keeps the shop's server running and restarts it when asked: a process of its own, as systemd is one.
//
//   node supervisor.ts <world>
//
// GET  /status   what runs: the release folder it was started from, its process, and the mark of the restart that started it
// POST /restart  { expectInstance, release, mark }: compare-and-set. The same mark again answers what came of it; another instance
//                than expected, or a `current` that does not lead to `release`, answers 409 and changes nothing.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { layoutOf } from './layout.ts'
import { writeJson } from './json-file.ts'
import { superviseService, type RestartRequest } from './supervised-service.ts'

const [root = '', shopPort = ''] = process.argv.slice(2)
const layout = layoutOf(root)
const databaseUrl = readFileSync(`${layout.secrets}/SHOP_DATABASE_URL`, 'utf8').trim()
const service = superviseService({ layout, port: Number(shopPort), databaseUrl })

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  if (request.method === 'GET' && request.url === '/status') return answer(200, service.status())
  if (request.method !== 'POST' || request.url !== '/restart') return answer(404, { error: 'not found' })
  const { refused, ...status } = await service.restart((await bodyOf(request)) as RestartRequest)
  answer(refused === undefined ? 200 : 409, refused === undefined ? status : { error: refused, ...status })
}

const server = createServer((request, response) => {
  route(request, response).catch((error: unknown) => {
    response.writeHead(500, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: (error as Error).message }))
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object')
    writeJson(`${layout.root}/supervisor.json`, { url: `http://127.0.0.1:${address.port}` })
})
process.once('SIGTERM', () => {
  void service.stop().finally(() => process.exit(0))
})
await service.start()
