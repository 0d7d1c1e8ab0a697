import {
  allowedAnswers,
  leafAt,
  openGates,
  RollbackError,
  type GateOptions,
  type IndexedLeaf,
  type RecordBody,
  type RollbackStep,
  type Run,
} from '@backstep/core'
import { nodeBehind } from './outputs.ts'
import type { RunRequest } from './requests.ts'
import { record, type Session } from './session.ts'

/** Follows a request: journals it, durable, which is its acknowledgement. Returns why it cannot be followed, if so. */
export async function applyRequest(session: Session, request: RunRequest): Promise<RollbackError | undefined> {
  const problem = problemWith(session, request)
  if (problem !== undefined) return problem
  await record(session, bodyOf(request))
  return undefined
}

function bodyOf(request: RunRequest): RecordBody {
  if (request.ask === 'cancel') return { type: 'cancel.requested', mode: request.mode, actor: request.actor, reason: request.reason }
  const { ask, ...rest } = request
  return ask === 'gate' ? ({ type: 'gate.answered', ...rest } as RecordBody) : ({ type: 'operator.answered', ...rest } as RecordBody)
}

function problemWith(session: Session, request: RunRequest): RollbackError | undefined {
  const { run } = session
  if (run.outcome !== undefined)
    return refuse(`The run ${run.runId} has ended: ${run.outcome}`, 'Nothing can be answered any more. See its report.')
  if (wantsBack(request) && run.blocked?.reason === 'past-point-of-no-return') return pastNoReturn(run)
  switch (request.ask) {
    case 'cancel':
      return run.cancel === undefined
        ? undefined
        : refuse(`The run is being cancelled already (${run.cancel.mode}, by ${run.cancel.actor.id})`, 'Wait for it, and see its status.')
    case 'gate':
      return problemWithGate(run, request)
    case 'operator':
      return problemWithAnswer(session, request)
  }
}

function wantsBack(request: RunRequest): boolean {
  return request.ask === 'cancel' ? request.mode === 'compensate' : request.ask === 'operator' && request.answer === 'compensate'
}

/** It went back as far as it could: what a person asks for would go behind a step that nothing undoes. */
function pastNoReturn(run: Run): RollbackError {
  const message = `The run ${run.runId} cannot go back any further: ${run.blocked?.ids.join(', ')} is a point of no return that was crossed`
  return refuse(message, `Possible: ${choicesOf(allowedAnswers(run))}. Or repair by hand.`, 'PAST_POINT_OF_NO_RETURN')
}

function problemWithGate(run: Run, request: Extract<RunRequest, { ask: 'gate' }>): RollbackError | undefined {
  const node = run.index.byId.get(request.id) as IndexedLeaf | undefined
  const open = openGates(run).find((gate) => gate.id === request.id)
  if (node === undefined || open === undefined)
    return refuse(
      `"${request.id}" waits for no answer`,
      `Open now: ${
        openGates(run)
          .map(({ id }) => id)
          .join(', ') || 'nothing'
      }.`,
    )
  if (request.hash !== open.hash) {
    return new RollbackError(
      'APPROVAL_VOID',
      `The answer to "${request.id}" is for ${request.hash.slice(0, 12)}, asked is ${open.hash.slice(0, 12)}`,
      { hint: 'Look at what is asked now, and answer that.' },
    )
  }
  const { gate } = node.sealed
  return gate === undefined ? problemWithApproval(request.answer) : problemWithGateAnswer(gate, request)
}

function problemWithApproval(answer: string): RollbackError | undefined {
  return answer === 'approved' || answer === 'denied'
    ? undefined
    : refuse(`"${answer}" is no answer to an approval`, 'Answer approved or denied.')
}

function problemWithGateAnswer(gate: GateOptions, { answer, actor }: Extract<RunRequest, { ask: 'gate' }>): RollbackError | undefined {
  if (gate.gate === 'approval') return problemWithApproval(answer)
  const roles = actor.roles ?? []
  if (!roles.includes(gate.role))
    return refuse(`${actor.id} has not the role ${gate.role}`, `Ask somebody with the role ${gate.role}.`, 'PERMISSION_DENIED')
  const possible = gate.gate === 'decision' ? gate.options : ['confirmed']
  return possible.includes(answer)
    ? undefined
    : refuse(`"${answer}" is none of the answers to ${gate.name}`, `Answer one of: ${possible.join(', ')}.`)
}

function problemWithAnswer(session: Session, { id, answer, receipt }: Extract<RunRequest, { ask: 'operator' }>): RollbackError | undefined {
  const allowed = allowedAnswers(session.run)
  const forId = allowed.find((one) => one.id === id)
  if (forId?.answers.includes(answer) !== true) {
    const choices = choicesOf(allowed)
    return refuse(
      `"${answer}" is no answer to ${id === '' ? 'the run' : id} now`,
      choices === '' ? 'The run is not blocked: it waits for nobody.' : `Possible: ${choices}.`,
    )
  }
  if (answer !== 'applied') return undefined
  return problemWithReceipt(session, id, receipt)
}

function choicesOf(allowed: ReturnType<typeof allowedAnswers>): string {
  return allowed.map((one) => `${one.id === '' ? 'the run' : one.id}: ${one.answers.join(', ')}`).join('; ')
}

function problemWithReceipt(session: Session, id: string, receipt: unknown): RollbackError | undefined {
  const node = session.run.index.byId.get(id) as IndexedLeaf
  if (node.of !== undefined || leafAt(session.run, node).facts === undefined) return undefined
  try {
    ;(nodeBehind(session.registry, id) as RollbackStep).parseReceipt(receipt ?? {})
    return undefined
  } catch (error) {
    return error instanceof RollbackError ? error : refuse('The receipt cannot be read', 'Pass the receipt of the step.')
  }
}

type Refusal = 'ANSWER_REFUSED' | 'PERMISSION_DENIED' | 'PAST_POINT_OF_NO_RETURN'

function refuse(message: string, hint: string, code: Refusal = 'ANSWER_REFUSED'): RollbackError {
  return new RollbackError(code, message, { hint })
}
