import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat, writeFile, chown } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RedisBackup, RedisFileSet, RedisPhase } from './redis-port.ts'

const flags = ['begun', 'set-aside', 'placed', 'returning', 'returned'] as const

/** The last phase that was finished. */
export async function phaseOf({ folder }: RedisFileSet): Promise<RedisPhase> {
  const found: RedisPhase[] = []
  for (const flag of flags) if (await exists(join(folder, flag))) found.push(flag)
  return found.at(-1) ?? 'none'
}

/** Size, time, hash and format of a snapshot; `undefined` when there is none. The format is 0 for a file that is none. */
export async function redisBackup(path: string, abortSignal: AbortSignal): Promise<RedisBackup | undefined> {
  if (!(await exists(path))) return undefined
  const { size, mtimeMs } = await stat(path)
  const hash = createHash('sha256')
  let head = ''
  for await (const chunk of createReadStream(path, { signal: abortSignal, highWaterMark: 1_048_576 })) {
    hash.update(chunk as Buffer)
    if (head === '') head = (chunk as Buffer).subarray(0, 9).toString('latin1')
  }
  const [, format = '0'] = /^REDIS(\d{4})$/.exec(head) ?? []
  return { path, bytes: size, modifiedAtMs: Math.floor(mtimeMs), sha256: hash.digest('hex'), format: Number(format) }
}

/** Moves what the server would load into `old`. Nothing is deleted. */
export async function setAside(files: RedisFileSet): Promise<void> {
  const { dir, folder } = files
  for (const name of ['old', 'meanwhile']) await mkdir(join(folder, name), { recursive: true, mode: 0o700 })
  await flag(folder, 'begun')
  for (const name of namesOf(files)) {
    const isKept = await exists(join(folder, 'old', name))
    await move(join(dir, name), join(folder, isKept ? 'meanwhile' : 'old', name), join(folder, 'displaced'))
  }
  await flag(folder, 'set-aside')
}

/**
 * Puts a snapshot where the server loads it. With an append only file, a snapshot beside it is never read, so it becomes the base of that file:
 * the file itself up to Redis 6, the base of a manifest from Redis 7 on.
 */
export async function place(files: RedisFileSet, { path }: RedisBackup): Promise<void> {
  const { dir, folder, dbfilename, isAppendOnly, appendOnlyName, hasManifest } = files
  const owner = await stat(dir)
  const copy = async (to: string): Promise<void> => {
    await copyFile(path, to)
    await chown(to, owner.uid, owner.gid)
    await synced(to)
  }
  await rm(join(folder, 'new'), { recursive: true, force: true })
  await mkdir(join(folder, 'new'), { mode: 0o700 })
  await copy(join(folder, 'new', dbfilename))
  if (isAppendOnly && !hasManifest) await copy(join(folder, 'new', appendOnlyName))
  if (isAppendOnly && hasManifest) await writeManifest(join(folder, 'new', appendOnlyName), owner, copy)
  for (const name of namesOf(files)) await replace(join(folder, 'new', name), join(dir, name), join(folder, 'displaced'))
  await synced(dir)
  await flag(folder, 'placed')
}

/** What was restored and written since goes into `restored`, the old files back to where they were. */
export async function putBack(files: RedisFileSet): Promise<void> {
  const { dir, folder } = files
  const isBegun = await exists(join(folder, 'returning'))
  await mkdir(join(folder, 'restored'), { recursive: true, mode: 0o700 })
  const wasPlaced = await exists(join(folder, 'set-aside'))
  if (wasPlaced && !isBegun)
    for (const name of namesOf(files)) await move(join(dir, name), join(folder, 'restored', name), join(folder, 'displaced'))
  await flag(folder, 'returning')
  for (const name of namesOf(files)) await move(join(folder, 'old', name), join(dir, name), join(folder, 'displaced'))
  await synced(dir)
  await flag(folder, 'returned')
}

async function writeManifest(
  folder: string,
  owner: { readonly uid: number; readonly gid: number },
  copy: (to: string) => Promise<void>,
): Promise<void> {
  const name = 'appendonly.aof'
  await mkdir(folder, { mode: 0o755 })
  await chown(folder, owner.uid, owner.gid)
  await copy(join(folder, `${name}.1.base.rdb`))
  const lines = `file ${name}.1.base.rdb seq 1 type b\nfile ${name}.1.incr.aof seq 1 type i\n`
  for (const [file, text] of [
    [`${name}.1.incr.aof`, ''],
    [`${name}.manifest`, lines],
  ] as const) {
    await writeFile(join(folder, file), text, { flush: true })
    await chown(join(folder, file), owner.uid, owner.gid)
  }
}

function namesOf({ dbfilename, isAppendOnly, appendOnlyName }: RedisFileSet): readonly string[] {
  return isAppendOnly ? [dbfilename, appendOnlyName] : [dbfilename]
}

/** Done before, or nothing there: both are fine. */
async function move(from: string, to: string, displaced: string): Promise<void> {
  if (await exists(from)) await replace(from, to, displaced)
}

/** What stands in the way is not ours: somebody has started the server in between. It is moved aside, too. */
async function replace(from: string, to: string, displaced: string): Promise<void> {
  for (let count = 1; await exists(to); count++) {
    const place = join(displaced, `${count}-${basename(to)}`)
    if (await exists(place)) continue
    await mkdir(displaced, { recursive: true, mode: 0o700 })
    await rename(to, place)
  }
  await rename(from, to)
}

async function flag(folder: string, name: (typeof flags)[number]): Promise<void> {
  await writeFile(join(folder, name), '', { flush: true })
  await synced(folder)
}

async function synced(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
