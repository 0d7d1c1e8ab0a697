import { basename, dirname, sep } from 'node:path'
import type { FileSystem } from './file-system.ts'

interface MemoryFile {
  bytes: Buffer
  length: number
  links: number
}

/** Files in memory, with the same promises as real ones except that they are gone with the process. */
export function memoryFileSystem(): FileSystem {
  const files = new Map<string, MemoryFile>()
  return { ...openFiles(files), ...nameCalls(files) }
}

type ContentCall = 'open' | 'close' | 'read' | 'write' | 'writeSync' | 'fdatasync' | 'fdatasyncSync' | 'stat' | 'truncate'

function openFiles(files: Map<string, MemoryFile>): Pick<FileSystem, ContentCall> {
  const opened = new Map<number, MemoryFile>()
  let lastNumber = 2
  const fileOf = (file: number): MemoryFile => opened.get(file) ?? fail('EBADF', `file ${file}`)
  return {
    open: async (path, flags) => {
      const found = files.get(path)
      if (flags === 'wx' && found !== undefined) fail('EEXIST', path)
      if (found === undefined && (flags === 'r' || flags === 'r+')) fail('ENOENT', path)
      const target = found ?? { bytes: Buffer.alloc(0), length: 0, links: 1 }
      files.set(path, target)
      opened.set(++lastNumber, target)
      return lastNumber
    },
    close: async (file) => void opened.delete(file),
    read: async (file, into, position) => {
      const { bytes, length } = fileOf(file)
      const end = Math.min(length, position + into.byteLength)
      if (end <= position) return 0
      into.set(bytes.subarray(position, end))
      return end - position
    },
    write: async (file, bytes) => appendTo(fileOf(file), bytes),
    writeSync: (file, bytes) => appendTo(fileOf(file), bytes),
    fdatasync: async (file) => void fileOf(file),
    fdatasyncSync: (file) => void fileOf(file),
    stat: (file) => ({ bytes: fileOf(file).length, links: fileOf(file).links }),
    truncate: async (file, bytes) => void (fileOf(file).length = bytes),
  }
}

function nameCalls(files: Map<string, MemoryFile>): Omit<FileSystem, ContentCall> {
  const folders = new Set<string>()
  const unlink = (path: string): void => {
    const target = files.get(path)
    if (target !== undefined) target.links = 0
    files.delete(path)
  }
  return {
    rename: async (from, to) => {
      const source = files.get(from) ?? fail('ENOENT', from)
      unlink(to)
      files.delete(from)
      files.set(to, source)
    },
    remove: async (path) => {
      for (const name of files.keys()) if (name === path || name.startsWith(path + sep)) unlink(name)
      for (const name of folders) if (name === path || name.startsWith(path + sep)) folders.delete(name)
    },
    makeDirectory: async (path) => {
      if (folders.has(path)) return false
      const parent = dirname(path)
      if (parent !== dirname(parent) && !folders.has(parent)) fail('ENOENT', path)
      folders.add(path)
      return true
    },
    list: async (path) => {
      if (!folders.has(path)) fail('ENOENT', path)
      return [...files.keys(), ...folders].filter((name) => name !== path && dirname(name) === path).map((name) => basename(name))
    },
    syncDirectory: async () => {},
  }
}

function appendTo(file: MemoryFile, bytes: Uint8Array): number {
  const length = file.length + bytes.byteLength
  if (length > file.bytes.length) file.bytes = Buffer.concat([file.bytes.subarray(0, file.length)], Math.max(length, 2 * file.bytes.length))
  file.bytes.set(bytes, file.length)
  file.length = length
  return bytes.byteLength
}

function fail(code: string, path: string): never {
  throw Object.assign(new Error(`${code}: ${path}`), { code })
}
