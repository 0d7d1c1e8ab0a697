import { execFile } from 'node:child_process'
import { link, mkdir, open, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod'
import { type Call, type Release, type ShopPort } from './shop-port.ts'

const settingsSchema = z.object({ shopUrl: z.url(), supervisorUrl: z.url() })
const releaseSchema = z.object({ tag: z.string(), commit: z.string() })
const healthSchema = z.object({
  tag: z.string(),
  commit: z.string(),
  schema: z.int(),
  pid: z.int(),
  maintenance: z.boolean(),
  ordersInFlight: z.int(),
})
const serviceSchema = z.object({
  instance: z.int(),
  state: z.enum(['starting', 'running', 'stopping', 'failed']),
  release: z.string(),
  mark: z.string(),
  pid: z.int(),
})

/** The shop in this folder, by its files, its server and its supervisor. Nothing is contacted before the first call. */
export function shopClient(shop: string): ShopPort {
  const inside = (path: string): string => join(shop, path)
  const settings = async () => settingsSchema.parse(JSON.parse(await readFile(inside('shop.json'), 'utf8')))
  return {
    readText: (path) => readFile(inside(path), 'utf8').catch(whenMissing(undefined)),
    readTail: (path, maxBytes) => tailOf(inside(path), maxBytes),
    releases: () => releasesIn(inside('releases')),
    currentRelease: () => readlink(inside('current')).then(basename, whenMissing(undefined)),
    tags: (call) => tagsOf(inside('repository'), call),
    health: async (call) => healthSchema.parse(await getJson(`${(await settings()).shopUrl}/health`, call)),
    orderCounters: async (call) => parseCounters(await getText(`${(await settings()).shopUrl}/metrics`, call)),
    service: async (call) => serviceSchema.parse(await getJson(`${(await settings()).supervisorUrl}/status`, call)),
    createText: ({ path, text, beside }) => createWhole(inside(path), text, inside(beside)),
    replaceText: ({ path, text, beside }) => replaceWhole(inside(path), text, inside(beside)),
    removeFile: (path) => rm(inside(path), { force: true }),
    switchCurrent: ({ release, beside }) => replaceLink(inside('current'), join('releases', release), inside(beside)),
    restart: async (request, call) => postRestart(`${(await settings()).supervisorUrl}/restart`, request, call),
  }
}

function whenMissing<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value
    throw error
  }
}

async function tailOf(path: string, maxBytes: number): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - maxBytes)
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start })
    const text = buffer.subarray(0, bytesRead).toString('utf8')
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    await file.close()
  }
}

async function releasesIn(folder: string): Promise<readonly Release[]> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.unpacking'))
  const found = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name, 'release.json'), 'utf8').catch(whenMissing(undefined))
      return text === undefined ? [] : [{ name, ...releaseSchema.parse(JSON.parse(text)) }]
    }),
  )
  return found.flat()
}

async function tagsOf(repository: string, { abortSignal }: Call): Promise<readonly { readonly tag: string; readonly commit: string }[]> {
  const format = '%(refname:short) %(objectname) %(*objectname)' // an annotated tag leads to its commit by the third field
  const { stdout } = await promisify(execFile)('git', ['-C', repository, 'for-each-ref', `--format=${format}`, 'refs/tags'], {
    signal: abortSignal,
  })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [tag = '', object = '', commit = ''] = line.split(' ')
      return { tag, commit: commit === '' ? object : commit }
    })
}

async function replaceWhole(path: string, text: string, beside: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(beside, text)
  await rename(beside, path)
}

/** Written beside and linked into place: whole or not there, and never over a file of somebody else. */
async function createWhole(path: string, text: string, beside: string): Promise<boolean> {
  await writeFile(beside, text)
  try {
    await link(beside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(beside, { force: true })
  }
}

async function replaceLink(path: string, target: string, beside: string): Promise<void> {
  await rm(beside, { force: true })
  await symlink(target, beside)
  await rename(beside, path)
}

/** Reads the counters of orders from the Prometheus text format. */
function parseCounters(text: string): { readonly processStartedAt: number; readonly ok: number; readonly failed: number } {
  const values = new Map(
    text.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
  return z.object({ processStartedAt: z.number(), ok: z.int(), failed: z.int() }).parse({
    processStartedAt: values.get('process_start_time_seconds'),
    ok: values.get('shop_orders_total{result="ok"}'),
    failed: values.get('shop_orders_total{result="failed"}'),
  })
}

async function getText(url: string, { abortSignal }: Call): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.any([abortSignal, AbortSignal.timeout(3_000)]) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.text()
}

async function getJson(url: string, call: Call): Promise<unknown> {
  return JSON.parse(await getText(url, call))
}

async function postRestart(url: string, request: object, { abortSignal }: Call) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request), signal: abortSignal })
  const body: unknown = await response.json()
  if (response.status === 409) return { ...serviceSchema.parse(body), refused: z.object({ error: z.string() }).parse(body).error }
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return serviceSchema.parse(body)
}
