import { open } from 'node:fs/promises'

/** The last bytes of a file as text. */
export interface Tail {
  readonly text: string
  /** More was printed before it. */
  readonly isCut: boolean
}

/** Reads the end of a file, never more than `bytesAtMost` of it, without half characters, every secret value replaced. */
export async function tailOf(file: string, bytesAtMost: number, secretValues: readonly string[]): Promise<Tail> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    // A value that the cut goes through would be shown in part: read as much more as the longest one, and cut after hiding.
    const margin = Math.max(0, ...secretValues.map((value) => Buffer.byteLength(value)))
    const start = Math.max(0, size - bytesAtMost - margin)
    const bytes = Buffer.alloc(size - start)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
    const text = hide(bytes.subarray(0, bytesRead).toString('utf8'), secretValues)
    const isCut = size > bytesAtMost
    return { text: (isCut ? lastBytes(text, bytesAtMost) : text).replace(/^\uFFFD+/, ''), isCut }
  } finally {
    await handle.close()
  }
}

function lastBytes(text: string, count: number): string {
  return Buffer.from(text).subarray(-count).toString('utf8')
}

function hide(text: string, secretValues: readonly string[]): string {
  return [...secretValues]
    .filter((value) => value !== '')
    .sort((one, other) => other.length - one.length)
    .reduce((hidden, value) => hidden.replaceAll(value, '[secret]'), text)
}
