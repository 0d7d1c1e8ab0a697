import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContactCall, Json } from '@backstep/core'
import type { Disturbance } from '../kit/trap.ts'

/** What the parent tells one child, in a file whose path is the child's only argument. */
export interface Instruction {
  /** Where journal, preview and end are kept, over all children of one case. */
  readonly directory: string
  readonly input: Json
  /** The contact at which the child ends itself. */
  readonly kill?: Pick<Disturbance, 'contact' | 'when'>
}

/** What the last child of a case leaves behind. */
export interface ChildEnd {
  readonly outcome: string
  /** Of this child alone. */
  readonly contacts: readonly (ContactCall & { readonly id: string; readonly method: string })[]
}

export const childRunId = 'conformance'

export function filesOf(directory: string): { readonly preview: string; readonly end: string; readonly state: string } {
  return { preview: join(directory, 'preview.json'), end: join(directory, 'end.json'), state: join(directory, 'state') }
}

/** Whole or not at all: a child may be killed while it writes. */
export async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.part`, JSON.stringify(value))
  await rename(`${path}.part`, path)
}

export async function readIfThere<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}
