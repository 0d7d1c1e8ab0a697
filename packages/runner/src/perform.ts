import type { Command, IndexedLeaf } from '@backstep/core'
import { performExecute, performProbe, performSurvey, performVerify } from './perform-forward.ts'
import { performAsk, performQueue, performSample } from './perform-other.ts'
import { performPrepare } from './perform-prepare.ts'
import { performLookBack, performProof, performUndo } from './perform-undo.ts'
import type { Session } from './session.ts'
import { traced } from './tracing.ts'

type Work = (session: Session, node: IndexedLeaf, command: Command) => Promise<void>

const works: Readonly<Record<Command['do'], Work>> = {
  survey: performSurvey,
  prepare: performPrepare,
  execute: performExecute,
  probe: performProbe,
  verify: performVerify,
  'look-back': performLookBack,
  undo: performUndo,
  'prove-undo': performProof,
  sample: performSample,
  ask: performAsk,
  queue: performQueue,
}

/** Does what a command says. It ends with the record that closes the command. */
export function perform(session: Session, command: Command): Promise<void> {
  const node = session.run.index.byId.get(command.id) as IndexedLeaf
  session.events.push({ type: 'started', command })
  return traced(session, node, command, () => works[command.do](session, node, command))
}
