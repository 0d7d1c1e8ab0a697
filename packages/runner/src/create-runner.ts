import { replay, viewOf, type Plan, type Risk, type RunView } from '@backstep/core'
import { answerFromOutside, takeOverFromOutside } from './answer-from-outside.ts'
import { drive, type DriveOptions } from './drive.ts'
import { eventStream, type EventStream } from './events.ts'
import type { RunnerPorts } from './ports.ts'
import { makePreview } from './preview.ts'
import { createSession, resumeSession, type CreateOptions, type ResumeOptions } from './start.ts'
import type { Session } from './session.ts'
import { guardRejections } from './stray-rejections.ts'
import type { ResumeRunOptions, RunHandle, Runner, RunOptions } from './runner.ts'

/** Makes a runner from its ports. Most programs want `fileRunner`. */
export function createRunner(ports: RunnerPorts): Runner {
  const start = (plan: Plan<Risk>, options: RunOptions): Promise<RunHandle> => startRunOf(ports, plan, options)
  const startResume = (plan: Plan<Risk>, options: ResumeRunOptions): Promise<RunHandle> => startResumeOf(ports, plan, options)
  return {
    preview: (plan, options) => makePreview(plan, ports, options),
    start,
    startResume,
    run: async (plan, options) => (await start(plan, options)).result,
    resume: async (plan, options) => (await startResume(plan, options)).result,
    answerGate: (runId, reply) => answerFromOutside(ports, runId, { ask: 'gate', ...reply }),
    answer: (runId, { id = '', ...reply }) => answerFromOutside(ports, runId, { ask: 'operator', id, ...reply }),
    cancel: (runId, { mode = 'compensate', ...rest }) => answerFromOutside(ports, runId, { ask: 'cancel', mode, ...rest }),
    takeOverLease: (runId, request) => takeOverFromOutside(ports, runId, request),
    listLeases: () => ports.leases.list(),
    async readRun(runId) {
      const { plan, records } = await ports.store.read(runId)
      return { view: viewOf(replay(plan, records)), plan, records }
    },
    listRuns: () => ports.store.list(),
  }
}

async function startRunOf(ports: RunnerPorts, plan: Plan<Risk>, options: RunOptions): Promise<RunHandle> {
  const events = eventStream(options.onEvent)
  const create: CreateOptions = {
    approved: options.approved,
    approvals: options.approvals ?? [],
    actor: options.actor ?? ports.actor,
    events,
    ...(options.runId === undefined ? {} : { runId: options.runId }),
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  }
  return follow(await createSession(plan, ports, create), events, options)
}

async function startResumeOf(ports: RunnerPorts, plan: Plan<Risk>, options: ResumeRunOptions): Promise<RunHandle> {
  const events = eventStream(options.onEvent)
  const resume: ResumeOptions = {
    runId: options.runId,
    actor: options.actor ?? ports.actor,
    events,
    ...(options.override === undefined ? {} : { override: options.override }),
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  }
  return follow(await resumeSession(plan, ports, resume), events, options)
}

function follow(session: Session, events: EventStream, options: DriveOptions): RunHandle {
  const result = carry(session, events, options)
  result.catch(() => undefined) // the caller may only want the events
  return { runId: session.run.runId, events, result }
}

async function carry(session: Session, events: EventStream, options: DriveOptions): Promise<RunView> {
  const unguard = guardRejections()
  const hasEnded = (): boolean => session.run.outcome !== undefined
  try {
    return await drive(session, options)
  } finally {
    await new Promise(setImmediate) // rejections of the last turn are told before the guard goes
    unguard()
    // A run that waits or is blocked keeps its leases until they run out or a resume takes them again: nobody else may write meanwhile.
    await session.leases.close(hasEnded()).catch(() => undefined)
    await session.writer.close({ ended: hasEnded() }).catch(() => undefined)
    session.span.end()
    events.end()
  }
}
