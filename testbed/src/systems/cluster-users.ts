import { randomBytes } from 'node:crypto'

/** Who talks to the API server by a token of its own. Tests are `admin`, or a service account that they make. */
const users = {
  admin: { name: 'testbed-admin', groups: ['system:masters'] },
  'controller-manager': { name: 'system:kube-controller-manager', groups: [] },
  scheduler: { name: 'system:kube-scheduler', groups: [] },
  kwok: { name: 'testbed-kwok', groups: ['system:masters'] },
} as const

type ClusterUser = keyof typeof users

export const componentUsers = Object.keys(users) as readonly ClusterUser[]

/** The name under which the audit log shows what tests did with the admin token. */
export const adminName = users.admin.name

export function newTokens(): Readonly<Record<ClusterUser, string>> {
  return Object.fromEntries(componentUsers.map((user) => [user, randomBytes(24).toString('base64url')])) as Record<ClusterUser, string>
}

/** The format of the API server's `--token-auth-file`: token, name, uid, groups. */
export function tokenFile(tokens: Readonly<Record<ClusterUser, string>>): string {
  const rows = componentUsers.map((user) => {
    const { name, groups } = users[user]
    return [tokens[user], name, user, ...(groups.length === 0 ? [] : [`"${groups.join(',')}"`])].join(',')
  })
  return `${rows.join('\n')}\n`
}
