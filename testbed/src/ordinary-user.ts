import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { MachineNeed } from './system.ts'

const run = promisify(execFile)

/** Ways by which root starts a program that refuses to be run by root; each goes before its command and becomes it. */
const ways: readonly (readonly string[])[] = [
  // In a user namespace of its own: files stay those of root.
  ['unshare', '-U', '--map-user=1000', '--map-group=1000'],
  // As nobody, who may still reach the cache in the home folder of root.
  [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--inh-caps=+dac_override,+dac_read_search',
    '--ambient-caps=+dac_override,+dac_read_search',
  ],
]

let found: Promise<readonly string[] | undefined> | undefined

/** What to put before a command so that it is not run by root: nothing for everybody else; `undefined` when there is no way. */
export function asOrdinaryUser(): Promise<readonly string[] | undefined> {
  found ??= process.getuid?.() === 0 ? firstThatWorks() : Promise.resolve([])
  return found
}

async function firstThatWorks(): Promise<readonly string[] | undefined> {
  for (const [command = '', ...args] of ways) {
    const works = await run(command, [...args, 'true']).then(
      () => true,
      () => false,
    )
    if (works) return [command, ...args]
  }
  return undefined
}

export const ordinaryUser: MachineNeed = {
  what: 'an ordinary user, or as root unshare or setpriv (util-linux)',
  async find() {
    const way = await asOrdinaryUser()
    if (way === undefined) return { missing: 'root has neither user namespaces nor setpriv' }
    return { found: way[0] ?? 'an ordinary user' }
  },
  get: 'sudo apt-get install -y util-linux',
}
