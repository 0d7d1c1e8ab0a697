// The customers of the shop: a process that places orders all the time.
//
//   node shopper.ts <world> <shop url>
//
// Most of them use the app on their phone, which knows nothing of account numbers. Once the shop serves 1.5.0, its new web
// pages send orders too, with account numbers and discount codes. What they were answered is written to shopper/seconds.json,
// and each order that was confirmed to shopper/confirmed.log: the shop must never lose one of those.
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { writeJson } from './json-file.ts'
import { customersFolder, type SecondOfOrders } from './customers.ts'

const [root = '', shopUrl = ''] = process.argv.slice(2)
const folder = customersFolder(root)
mkdirSync(folder, { recursive: true })
const agent = new Agent({ keepAlive: true, maxSockets: 20 })
const everyMs = { app: 50, web: 200, look: 500, write: 200 }
const keptSeconds = 600
const seconds: SecondOfOrders[] = []
const vouchers: string[] = ['SPRING10', 'WELCOME5']
let ordersSent = 0
let hasNewPages = false

function thisSecond(): SecondOfOrders {
  const second = Math.floor(Date.now() / 1000)
  const last = seconds.at(-1)
  if (last?.second === second) return last
  const fresh: SecondOfOrders = { second, ok: 0, failed: 0, refused: 0, unreachable: 0 }
  seconds.push(fresh)
  if (seconds.length > keptSeconds) seconds.shift()
  return fresh
}

function call(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${shopUrl}${path}`, { method, agent, timeout: 3_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('timed out')))
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

interface Wish {
  readonly customer: string
  readonly discountCode?: string
}
interface Confirmation {
  readonly id: string
  readonly voucher?: string
}

async function order(body: Wish): Promise<void> {
  const product = ['tea', 'coffee', 'cocoa'][ordersSent % 3]
  ordersSent += 1
  try {
    const { status, text } = await call('POST', '/orders', { product, quantity: 1 + (ordersSent % 4), ...body })
    if (status === 201) confirm(JSON.parse(text) as Confirmation, body)
    else thisSecond()[status === 503 ? 'refused' : 'failed'] += 1
  } catch {
    thisSecond().unreachable += 1
  }
}

/** A code counts only when the shop took it: an older release takes the order and knows nothing of the code. */
function confirm({ id, voucher }: Confirmation, { customer, discountCode }: Wish): void {
  thisSecond().ok += 1
  const code = voucher === undefined ? undefined : discountCode
  appendFileSync(join(folder, 'confirmed.log'), `${id} ${customer} ${code ?? '-'}\n`)
  if (voucher !== undefined) vouchers.push(voucher)
}

async function look(): Promise<void> {
  try {
    const { tag } = JSON.parse((await call('GET', '/health')).text) as { tag: string }
    hasNewPages = tag.startsWith('v1.5.')
  } catch {
    hasNewPages = false
  }
}

const isPaused = (): boolean => existsSync(join(folder, 'paused'))

setInterval(() => {
  if (!isPaused()) void order({ customer: `customer${ordersSent % 97}@mail.example` })
}, everyMs.app)
setInterval(() => {
  if (!hasNewPages || isPaused()) return
  void order({ customer: `A${String(100_000 + (ordersSent % 89))}`, discountCode: vouchers[ordersSent % vouchers.length] ?? 'SPRING10' })
}, everyMs.web)
setInterval(() => void look(), everyMs.look)
setInterval(() => writeJson(join(folder, 'seconds.json'), seconds), everyMs.write)
