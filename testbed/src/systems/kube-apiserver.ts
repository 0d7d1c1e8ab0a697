import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from '../cluster/api-client.ts'
import { writeKubeconfig } from '../cluster/kubeconfig.ts'
import { flags } from '../flags.ts'
import { goProgram } from '../go-build.ts'
import { runProcess } from '../start-context.ts'
import type { Settings, StartContext, System } from '../system.ts'
import { auditPolicy } from './audit-policy.ts'
import { componentUsers, newTokens, tokenFile } from './cluster-users.ts'
import { goForKubernetes } from './etcd.ts'
import { kubernetesVariables, kubernetesVersion } from './kube-version.ts'

/** The API server: role based access, service accounts whose tokens it signs, and an audit log that is written before a request is answered. */
export const kubeApiserver: System = {
  name: 'kube-apiserver',
  version: kubernetesVersion,
  summary: 'the Kubernetes API server, with role based access and an audit log',
  needs: [goForKubernetes],
  cost: { installSeconds: 195, diskMegabytes: 106, startSeconds: 4, memoryMegabytes: 275 },
  installation: goProgram({
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    binary: 'kube-apiserver',
    variables: kubernetesVariables,
  }),
  startInputs: [auditPolicy, ...serverFlags('', {})],
  async start(context) {
    const port = await context.freePort()
    prepareFiles(context, port)
    await runApiserver(context.folder, join(context.installed(kubeApiserver), 'bin', 'kube-apiserver'), context.settings)
    await context.until('the API server is ready', async () => (await apiserverProblem(context.settings)) === undefined)
  },
  health: apiserverProblem,
}

/** Starts the server's process, or starts it again with everything it had. */
export async function runApiserver(folder: string, binary: string, settings: Settings): Promise<void> {
  await runProcess(folder, 'kube-apiserver', binary, serverFlags(folder, settings))
}

export async function apiserverProblem(settings: Settings): Promise<string | undefined> {
  const { url, caFile, adminToken } = settings
  if (!existsSync(String(caFile))) return 'it has no certificate yet'
  try {
    const server = { url: String(url), caFile: String(caFile), token: String(adminToken) }
    const { status } = await request(server, 'GET', '/readyz', { timeoutMs: 5_000 })
    return status === 200 ? undefined : `/readyz answers ${status}`
  } catch (error) {
    return `/readyz: ${(error as Error).message}`
  }
}

function prepareFiles(context: StartContext, port: number): void {
  const folder = context.folder
  mkdirSync(join(folder, 'pki'), { recursive: true })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(folder, 'pki', 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  writeFileSync(join(folder, 'audit-policy.yaml'), auditPolicy)
  const tokens = newTokens()
  writeFileSync(join(folder, 'tokens.csv'), tokenFile(tokens), { mode: 0o600 })
  const url = `https://127.0.0.1:${port}`
  const caFile = join(folder, 'pki', 'apiserver.crt')
  const kubeconfig = join(folder, 'admin.kubeconfig')
  context.keep({ url, port, caFile, adminToken: tokens.admin, auditLog: join(folder, 'audit.log'), kubeconfig })
  for (const user of componentUsers) writeKubeconfig(join(folder, `${user}.kubeconfig`), { url, caFile, token: tokens[user] })
}

function serverFlags(folder: string, { etcdUrl = '', port = 0 }: Settings): readonly string[] {
  const issuer = 'https://kubernetes.default.svc'
  const key = join(folder, 'pki', 'sa.key')
  return flags({
    'etcd-servers': etcdUrl,
    'bind-address': '127.0.0.1',
    'secure-port': port,
    'cert-dir': join(folder, 'pki'),
    'service-cluster-ip-range': '10.96.0.0/16',
    'endpoint-reconciler-type': 'none',
    'service-account-issuer': issuer,
    'api-audiences': issuer,
    'service-account-key-file': key,
    'service-account-signing-key-file': key,
    'authorization-mode': 'RBAC',
    'token-auth-file': join(folder, 'tokens.csv'),
    'anonymous-auth': true,
    'enable-priority-and-fairness': false,
    'audit-policy-file': join(folder, 'audit-policy.yaml'),
    'audit-log-path': join(folder, 'audit.log'),
    'audit-log-mode': 'blocking',
    'audit-log-maxsize': 4000,
  })
}
