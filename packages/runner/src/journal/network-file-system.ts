import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RollbackError } from '@backstep/core'
import { errorCode } from './file-system.ts'

/** Magic numbers of statfs(2) on Linux. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
])

/**
 * Refuses a folder on a network file system, whose locks and syncs do not hold what a journal needs: a lock can be lost while its holder
 * still writes. Looks on Linux only, at the nearest folder that exists.
 *
 * @throws RollbackError `NOT_SUPPORTED`.
 */
export async function refuseNetworkFileSystem(
  directory: string,
  typeOf: (path: string) => Promise<number> = fileSystemType,
): Promise<void> {
  if (process.platform !== 'linux') return
  const name = networkTypes.get((await nearestType(directory, typeOf)) >>> 0)
  if (name === undefined) return
  throw new RollbackError(
    'NOT_SUPPORTED',
    `${directory} is on a network file system (${name}), where two machines could write to one run`,
    {
      hint: 'Choose a state directory on a local disk, or set allowNetworkFileSystem when only one machine ever uses it.',
    },
  )
}

async function fileSystemType(path: string): Promise<number> {
  return (await statfs(path)).type
}

async function nearestType(path: string, typeOf: (path: string) => Promise<number>): Promise<number> {
  try {
    return await typeOf(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error
    return nearestType(dirname(path), typeOf)
  }
}
