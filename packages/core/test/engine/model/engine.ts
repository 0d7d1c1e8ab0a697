import * as core from '../../../src/index.ts'

/** What the model drives. A mutated copy of the engine has the same shape, so the same checks hunt planted bugs. */
export type Engine = Pick<
  typeof core,
  'allowedAnswers' | 'decide' | 'evolve' | 'forkRun' | 'openGates' | 'replay' | 'startRun' | 'viewOf' | 'withdraw'
>

/** The engine of this package. */
export const engine: Engine = core
