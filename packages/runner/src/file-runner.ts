import type { Actor } from '@backstep/core'
import { trace, type Tracer } from '@opentelemetry/api'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock, type RunnerClock } from './clock.ts'
import { fileStore } from './journal/file-store.ts'
import { fileLeases } from './leases/file-leases.ts'
import { defaultLimits, type RunnerLimits, type RunnerPorts } from './ports.ts'
import { randomId } from './random.ts'
import { fileRequests } from './requests.ts'
import { createRunner } from './create-runner.ts'
import type { Runner } from './runner.ts'
import { keyFileSealer } from './sealer/key-file-sealer.ts'
import { sealText, unsealText } from './sealer/seal-text.ts'
import type { Sealer } from './store.ts'

export interface FileRunnerOptions {
  /** Where runs, leases and the key of the snapshots are kept: on a local disk, made on first use, readable by its owner only. */
  readonly directory: string
  /** Where secrets come from. Default: the environment variable of that name. */
  readonly secrets?: RunnerPorts['secrets']
  /** Delivers messages, beside the run. Default: they stay in the outbox. */
  readonly deliver?: RunnerPorts['deliver']
  /** Default: the user of this process. */
  readonly actor?: Actor
  readonly limits?: Partial<RunnerLimits>
  readonly clock?: RunnerClock
  readonly tracer?: Tracer
  /** Default: AES-256-GCM with a key file in the directory. */
  readonly sealer?: Sealer
}

/** The ports of a runner on this machine: journal, snapshots, leases and requests in one directory. */
export function filePorts(options: FileRunnerOptions): RunnerPorts {
  const directory = resolve(options.directory)
  const clock = options.clock ?? systemClock
  const sealer = options.sealer ?? keyFileSealer({ path: join(directory, 'seal.key') })
  const { deliver } = options
  return {
    store: fileStore({ directory, sealer, clock }),
    leases: fileLeases({ directory, clock }),
    requests: fileRequests({ directory: join(directory, 'requests') }),
    clock,
    secrets: options.secrets ?? (async (name) => process.env[name]),
    sealText: async (plaintext) => (await sealText(sealer, plaintext)).sealed,
    unsealText: (sealed) => unsealText(sealer, { sealed }),
    ...(deliver === undefined ? {} : { deliver }),
    randomId,
    owner: { host: hostname(), pid: process.pid },
    actor: options.actor ?? { id: userName() },
    tracer: options.tracer ?? trace.getTracer('@backstep/runner'),
    scratchDirectory: (name) => makeScratch(directory, name),
    limits: { ...defaultLimits, ...options.limits },
  }
}

/**
 * A runner on this machine that keeps everything in one directory. Several processes may use the same directory at once: one writer per
 * run, one run per target.
 *
 * Needs Node 22.13 or later: its locks are freed by the kernel when a process dies, which Node offers through `node:sqlite` only.
 */
export function fileRunner(options: FileRunnerOptions): Runner {
  return createRunner(filePorts(options))
}

async function makeScratch(directory: string, name: string): Promise<string> {
  const previews = join(directory, 'previews')
  await mkdir(previews, { recursive: true, mode: 0o700 })
  return mkdtemp(join(previews, `${encodeURIComponent(name).slice(0, 120)}-`))
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown' // a user id without a name, as in containers
  }
}
