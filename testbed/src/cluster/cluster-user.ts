import { randomBytes } from 'node:crypto'
import { type ApiServer, request } from './api-client.ts'
import { createObject, eventually } from './objects.ts'

/** A rule of a Role, as `rbac.authorization.k8s.io/v1` has it. */
export interface AccessRule {
  /** `''` is the core group. */
  readonly apiGroups: readonly string[]
  /** `deployments`, `pods/eviction` */
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface UserOptions {
  readonly namespace: string
  /** What it may do in that namespace, exactly. Default nothing. */
  readonly rules?: readonly AccessRule[]
  /** What it may do in the whole cluster besides, for example with nodes. Default nothing. */
  readonly clusterRules?: readonly AccessRule[]
  /** How long its token is good. The server gives at least 600 s. Default an hour. */
  readonly expirationSeconds?: number
}

/** A service account with a token of its own. */
export interface ClusterUser {
  /** As the audit log names it: `system:serviceaccount:<namespace>:<name>`. */
  readonly name: string
  readonly serviceAccount: string
  readonly token: string
  /** The path of a kubeconfig with this token, and with the namespace as the default one. */
  readonly kubeconfig: string
}

const rbac = '/apis/rbac.authorization.k8s.io/v1'

/** Makes the account, its role and its binding, and waits until the server's authorizer knows them. */
export async function createUser(
  server: ApiServer,
  { namespace, rules = [], clusterRules = [], expirationSeconds = 3600 }: UserOptions,
): Promise<{ readonly name: string; readonly serviceAccount: string; readonly token: string; readonly clusterObjects: readonly string[] }> {
  const account = `user-${randomBytes(4).toString('hex')}`
  const clusterName = `${namespace}-${account}`
  const inNamespace = `/api/v1/namespaces/${namespace}/serviceaccounts`
  await createObject(server, inNamespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account } })
  if (rules.length > 0) await bind(server, `${rbac}/namespaces/${namespace}`, '', account, { namespace, account, rules })
  if (clusterRules.length > 0) await bind(server, rbac, 'Cluster', clusterName, { namespace, account, rules: clusterRules })
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } }
  const answer = (await createObject(server, `${inNamespace}/${account}/token`, body)) as { status: { token: string } }
  const { token } = answer.status
  for (const rule of [...rules.slice(-1), ...clusterRules.slice(-1)]) {
    await eventually(`${account} has its role`, () => isAllowed({ ...server, token }, rules.includes(rule) ? namespace : '', rule))
  }
  const clusterObjects =
    clusterRules.length === 0 ? [] : [`${rbac}/clusterrolebindings/${clusterName}`, `${rbac}/clusterroles/${clusterName}`]
  return { name: `system:serviceaccount:${namespace}:${account}`, serviceAccount: account, token, clusterObjects }
}

interface Binding {
  readonly namespace: string
  readonly account: string
  readonly rules: readonly AccessRule[]
}

async function bind(
  server: ApiServer,
  path: string,
  scope: '' | 'Cluster',
  name: string,
  { namespace, account, rules }: Binding,
): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const plural = scope.toLowerCase()
  await createObject(server, `${path}/${plural}roles`, { apiVersion, kind: `${scope}Role`, metadata: { name }, rules })
  await createObject(server, `${path}/${plural}rolebindings`, {
    apiVersion,
    kind: `${scope}RoleBinding`,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${scope}Role`, name },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  })
}

async function isAllowed(server: ApiServer, namespace: string, rule: AccessRule): Promise<boolean> {
  const [resource = '', subresource = ''] = (rule.resources[0] ?? '').split('/')
  const asked = {
    namespace,
    verb: rule.verbs[0] ?? '',
    group: rule.apiGroups[0] ?? '',
    resource,
    subresource,
    name: rule.resourceNames?.[0] ?? '',
  }
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: asked } }
  const { body } = await request(server, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: review })
  return (body as { status?: { allowed?: boolean } }).status?.allowed === true
}
