import { type Position, RollbackError } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, shortName } from '@backstep/kubernetes'
import { afterWrite, drifted } from './errors.ts'
import { asStored, type Direction, type ObjectWrite, operationsFor, positionOf } from './field-writes.ts'
import { moveWhole, type TriedWrite, tryWhole } from './whole-objects.ts'

const mostTries = 5

/** What of a client writes need. */
export type WritingClient = Pick<KubernetesClient, 'get' | 'patch' | 'apply' | 'create' | 'remove'>

/**
 * The write as the server would store it, from a dry run of the very patch. It is also the proof that this identity may write, and that
 * admission lets it through.
 */
export async function tryWrite(
  client: Pick<KubernetesClient, 'tryPatch' | 'tryApply' | 'tryCreate'>,
  write: ObjectWrite,
  { live, mark, call }: { readonly live: KubernetesObject | undefined; readonly mark: string; readonly call: Call },
): Promise<TriedWrite> {
  if (write.whole !== undefined) return tryWhole(client, write, { live, whole: write.whole, mark, call })
  if (!write.isNeeded || live === undefined) return { write, live, stored: undefined }
  const stored = await client.tryPatch({ ...write.ref, operations: operationsFor(live, write, mark, 'forward') }, call)
  return { write: asStored(write, stored), live, stored }
}

/** Where several objects are together: `between` when only some are written. */
export async function positionOfAll(
  client: Pick<KubernetesClient, 'get'>,
  writes: readonly ObjectWrite[],
  { mark, call }: { readonly mark: string; readonly call: Call },
): Promise<Position<Record<string, never>>> {
  const positions = await Promise.all(writes.map(async (write) => positionOf(await client.get(write.ref, call), write, mark)))
  const strange = positions.find(({ at }) => at === 'elsewhere' || at === 'unknown')
  if (strange !== undefined) return strange
  // an object that needs no change is at both ends
  const telling = positions.filter((_, index) => writes[index]?.isNeeded === true)
  if (telling.every(({ at }) => at === 'after')) return { at: 'after', receipt: {} }
  if (telling.every(({ at }) => at === 'before')) return { at: 'before' }
  const leaving = positions.find(({ at }) => at === 'between')
  if (leaving !== undefined) return leaving
  const written = writes.filter((_, index) => positions[index]?.at === 'after').map(({ ref }) => shortName(ref))
  return { at: 'between', detail: `only ${written.join(', ')} is written` }
}

/**
 * Brings every object to one side, in order, or in the opposite order on the way back. Each one is looked at right before its write, and the
 * patch tests what was seen, so nothing of somebody else is overwritten. What is there already is left alone.
 *
 * @throws RollbackError `DRIFTED` when an object is on neither side. Its effect is `none` as long as nothing was written.
 */
export async function performWrites(
  client: WritingClient,
  writes: readonly ObjectWrite[],
  { mark, direction, call }: { readonly mark: string; readonly direction: Direction; readonly call: Call },
): Promise<void> {
  const ordered = direction === 'forward' ? writes : writes.toReversed()
  if (writes.length > 1) await refuseDrift(client, writes, mark, call)
  let hasWritten = false
  for (const write of ordered) {
    try {
      hasWritten = (await performWrite(client, write, { mark, direction, call })) || hasWritten
    } catch (cause) {
      throw hasWritten ? afterWrite(cause) : cause
    }
  }
}

/** All of them are looked at before the first is written, so that a drift of the last one changes nothing. */
async function refuseDrift(client: Pick<KubernetesClient, 'get'>, writes: readonly ObjectWrite[], mark: string, call: Call): Promise<void> {
  const position = await positionOfAll(client, writes, { mark, call })
  if (position.at === 'elsewhere') throw drifted('A target', position)
}

/** True when it wrote. A test that failed is looked into again: it also fails when the work is done, and when only another field moved. */
async function performWrite(
  client: WritingClient,
  write: ObjectWrite,
  { mark, direction, call }: { readonly mark: string; readonly direction: Direction; readonly call: Call },
): Promise<boolean> {
  const [from, to] = direction === 'forward' ? (['before', 'after'] as const) : (['after', 'before'] as const)
  for (let tries = 1; ; tries++) {
    const live = await client.get(write.ref, call)
    const position = positionOf(live, write, mark)
    if (position.at === to || !write.isNeeded) return false
    // a deletion that was asked for already: nothing more can be done for it
    if (position.at === 'between') return true
    if (position.at !== from) throw drifted(shortName(write.ref), position)
    try {
      await performOnce(client, write, { live, mark, direction, call })
      return true
    } catch (cause) {
      if (!(cause instanceof RollbackError) || cause.code !== 'DRIFTED' || tries === mostTries) throw cause
    }
  }
}

async function performOnce(
  client: WritingClient,
  write: ObjectWrite,
  {
    live,
    mark,
    direction,
    call,
  }: { readonly live: KubernetesObject | undefined; readonly mark: string; readonly direction: Direction; readonly call: Call },
): Promise<void> {
  const { whole } = write
  const isFieldsOnly = whole === undefined || (whole.wasThere && whole.how !== 'delete' && direction === 'back')
  if (!isFieldsOnly) return moveWhole(client, write, { live, whole, mark, direction, call })
  if (live === undefined) throw drifted(shortName(write.ref), { at: 'elsewhere', detail: 'it does not exist any more' })
  await client.patch({ ...write.ref, operations: operationsFor(live, write, mark, direction) }, call)
}
