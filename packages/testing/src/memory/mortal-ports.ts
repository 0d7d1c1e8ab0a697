import { RollbackError } from '@backstep/core'
import type { LeaseStore, RunnerPorts, RunStore, RunWriter } from '@backstep/runner'

/** The ports of one process that can die: from then on it can neither write its journal nor hold or take a lease. */
export interface MortalPorts {
  readonly ports: RunnerPorts
  /** Frees the lock of its run, as the kernel does. */
  die(): Promise<void>
  isDead(): boolean
}

/** Wraps ports that other processes share. What is kept stays; what the dead process tries afterwards is refused. */
export function mortalPorts(ports: RunnerPorts): MortalPorts {
  const writers: RunWriter[] = []
  let dead = false
  const alive: Guard = (call) => (dead ? Promise.reject(died()) : call())
  return {
    ports: { ...ports, store: mortalStore(ports.store, alive, writers), leases: mortalLeases(ports.leases, alive) },
    isDead: () => dead,
    async die() {
      dead = true
      for (const writer of writers) await writer.close()
    },
  }
}

/** What a dead process sees of everything that it still tries. */
export function died(): RollbackError {
  return new RollbackError('ABORTED', 'The process died here, as the test asked for', {
    hint: 'Resume in another process.',
    effect: 'unknown',
    canRetry: false,
  })
}

type Guard = <T>(call: () => Promise<T>) => Promise<T>

function mortalStore(store: RunStore, alive: Guard, writers: RunWriter[]): RunStore {
  const opened = (writer: RunWriter): RunWriter => {
    writers.push(writer)
    return mortalWriter(writer, alive)
  }
  return {
    create: (runId, plan) => alive(async () => opened(await store.create(runId, plan))),
    open: (runId) => alive(async () => opened(await store.open(runId))),
    read: (runId) => alive(() => store.read(runId)),
    list: () => alive(() => store.list()),
  }
}

function mortalWriter(writer: RunWriter, alive: Guard): RunWriter {
  return {
    ...writer,
    get head() {
      return writer.head
    },
    append: (records) => alive(() => writer.append(records)),
    putBlob: (bytes) => alive(() => writer.putBlob(bytes)),
    workDirectory: (stepId) => alive(() => writer.workDirectory(stepId)),
    queueNotice: (notice) => alive(() => writer.queueNotice(notice)),
    pendingNotices: () => alive(() => writer.pendingNotices()),
    close: (options) => alive(() => writer.close(options)),
  }
}

function mortalLeases(leases: LeaseStore, alive: Guard): LeaseStore {
  return {
    acquire: (...args) => alive(() => leases.acquire(...args)),
    renew: (...args) => alive(() => leases.renew(...args)),
    release: (...args) => alive(() => leases.release(...args)),
    takeOver: (...args) => alive(() => leases.takeOver(...args)),
    isCurrent: (...args) => alive(() => leases.isCurrent(...args)),
    list: () => alive(() => leases.list()),
  }
}
