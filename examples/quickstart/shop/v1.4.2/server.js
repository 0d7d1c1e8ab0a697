// The shop. Settings come from the environment: PORT, DATABASE_URL, MAINTENANCE_FILE.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import pg from 'pg'
import { asText, count, ordersInFlight, whileInFlight } from './metrics.js'
import { newestOrders, placeOrder } from './orders.js'

const readJson = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const config = readJson('config.json')
const release = readJson('release.json')
const startedAt = new Date().toISOString()
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: config.poolSize, application_name: `shop ${release.tag}` })
pool.on('error', () => {})
pool.on('connect', (client) => client.on('error', (error) => log(`connection lost: ${error.message}`)))

const schemaSql = `
  select coalesce(max(version::int), 0) as schema from (
    select version from schema_history where success group by version having sum(case type when 'SQL' then 1 else -1 end) > 0
  ) live`

function log(line) {
  console.log(`${new Date().toISOString()} ${release.tag} ${line}`)
}

function answer(response, status, body, headers = {}) {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

async function health(response) {
  const { rows } = await pool.query(schemaSql)
  const maintenance = existsSync(process.env.MAINTENANCE_FILE)
  const { tag, commit } = release
  answer(response, 200, {
    status: 'ok',
    tag,
    commit,
    schema: rows[0].schema,
    pid: process.pid,
    startedAt,
    maintenance,
    ordersInFlight: ordersInFlight(),
  })
}

async function order(request, response) {
  try {
    const made = await placeOrder(pool, await bodyOf(request))
    count('ok')
    answer(response, 201, made)
  } catch (error) {
    count('failed')
    log(`order failed: ${error.code ?? ''} ${error.message}`)
    answer(response, 500, { error: 'the order could not be taken' })
  }
}

async function route(request, response) {
  const wanted = `${request.method} ${request.url}`
  if (wanted === 'GET /health') return health(response)
  if (wanted === 'GET /metrics') return answer(response, 200, asText())
  // Counted first and looked at second: who sees no order in flight after the flag is set knows that none will follow.
  return whileInFlight(async () => {
    if (existsSync(process.env.MAINTENANCE_FILE)) {
      if (request.method === 'POST') count('refused')
      return answer(response, 503, { error: 'maintenance' }, { 'retry-after': String(config.retryAfterSeconds) })
    }
    if (wanted === 'POST /orders') return order(request, response)
    if (wanted === 'GET /orders') return answer(response, 200, await newestOrders(pool))
    return answer(response, 404, { error: 'not found' })
  })
}

const server = createServer((request, response) => {
  route(request, response).catch((error) => {
    log(`${request.method} ${request.url} failed: ${error.message}`)
    if (!response.headersSent) answer(response, 500, { error: 'internal' })
  })
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => log(`listening on ${process.env.PORT}, commit ${release.commit.slice(0, 12)}`))

/** Finishes the requests that are under way, then ends. */
function stop(why) {
  log(`stopping: ${why}`)
  server.close(() => void pool.end().finally(() => process.exit(0)))
  setInterval(() => server.closeIdleConnections(), 20)
}
process.once('SIGTERM', () => stop('SIGTERM'))
process.once('disconnect', () => stop('the supervisor is gone'))
