import { isLeafNode, isComplete, leavesIn, stateOf, whyNotUndoYet, whyTooEarly } from './order.ts'
import { asks, nodeOf, type Frame, type State } from './state.ts'
import { cellName, cellOf } from './world.ts'
import type { Command, IndexedLeaf, Run } from '../../../src/index.ts'

const starts: ReadonlySet<Command['do']> = new Set(['survey', 'prepare', 'execute', 'sample', 'ask', 'queue'])

/** What is wrong with a state, in words; empty when all promises hold. */
export function problemsOf(frame: Frame, state: State): readonly string[] {
  const commands = state.decision.commands.flatMap((command) => problemsOfCommand(frame, state, command))
  const ends = state.run.outcome === undefined ? [] : problemsOfEnd(state)
  return [...state.world.violations, ...commands, ...problemsOfBlock(frame, state), ...problemsOfHealth(frame, state), ...ends]
}

function problemsOfCommand(frame: Frame, { run, world }: State, command: Command): readonly string[] {
  const node = nodeOf(run, command.id)
  const leaf = stateOf(run, node)
  const say = (problem: string): string => `${command.do} ${command.id}: ${problem}`
  const problems: string[] = []
  if (node.isAlways) return run.outcome === undefined ? [say('started before the end')] : []
  if (starts.has(command.do)) {
    if (run.isBackward) problems.push(say('started on the way back'))
    if (run.cancel !== undefined) problems.push(say('started after a cancel'))
    const early = command.do === 'survey' ? undefined : whyTooEarly(run, node)
    if (early !== undefined) problems.push(say(early))
  }
  if (command.do === 'execute') {
    if (leaf.phase !== 'prepared') problems.push(say(`it is ${leaf.phase}`))
    if (leaf.unchanged) problems.push(say('there is nothing to do'))
    if ([...world.initial.values()].includes('foreign'))
      problems.push(say('the last look before the first effect should have stopped the run'))
    if (asks(frame.scenario.faults, command.id) && leaf.answers.length === 0) problems.push(say('nobody approved it'))
  }
  if (command.do === 'undo' || command.do === 'look-back') {
    const early = whyNotUndoYet(run, node)
    if (early !== undefined) problems.push(say(early))
    if (leaf.facts?.undo !== undefined && node.of === undefined && !leaf.undoAllowed && !isSheltered(run, world, node))
      problems.push(say('would lose data, and nobody was asked'))
  }
  return problems
}

/** In a scope that was entered, as far as the run can know: that somebody else left it is seen only by looking. */
function isSheltered(run: Run, world: State['world'], node: IndexedLeaf): boolean {
  return node.stoppedBy.some((scope) => isLeafNode(scope) && cellOf(world, scope).value !== 'old' && stateOf(run, scope).undo !== 'done')
}

/** Only a look that found health makes a step done; no data is neither health nor failure. */
function problemsOfHealth({ scenario }: Frame, { run }: State): readonly string[] {
  return [...scenario.faults].flatMap(([id, faults]) => {
    const { phase } = stateOf(run, nodeOf(run, id))
    const isSick = faults.includes('unhealthy') || faults.includes('sick') || faults.includes('noData') || faults.includes('noSamples')
    if (isSick && phase === 'done') return [`${id} is done without being healthy`]
    const hasNoData = faults.length === 1 && (faults.includes('noData') || faults.includes('noSamples'))
    return hasNoData && phase === 'failed' ? [`${id} failed, although nothing was seen`] : []
  })
}

function problemsOfBlock({ engine }: Frame, { run }: State): readonly string[] {
  if (run.blocked === undefined || run.outcome !== undefined) return []
  const answers = engine.allowedAnswers(run)
  const problems: string[] = []
  if (!answers.some(({ id, answers: some }) => id === '' && some.includes('abandon')))
    problems.push(`blocked (${run.blocked.reason}) and cannot be abandoned`)
  if (!answers.some(({ answers: some }) => some.some((answer) => answer !== 'abandon')))
    problems.push(`blocked (${run.blocked.reason}) with nothing to answer but abandon`)
  return problems
}

/** The world at the end is what the run says that it is. */
function problemsOfEnd({ run, world }: State): readonly string[] {
  const leaves = leavesIn(run.index.root).filter(({ sealed }) => sealed.type === 'step')
  const claims = leaves.flatMap((node) => problemsOfClaim(run, world, node))
  const changed = leaves.filter((node) => isChanged(world, node)).map(({ sealed }) => sealed.id)
  const says = (what: string): string => `the run says ${run.outcome}, and ${what}`
  const always = run.index.always.filter((node) => stateOf(run, node).phase !== 'done' && !run.outstanding.has(node.number))
  if (always.length > 0) return [says('what always runs at the end was not started')]
  switch (run.outcome) {
    case 'succeeded':
      return isComplete(run, run.index.root) ? claims : [...claims, says('its plan is not complete')]
    case 'compensated':
    case 'aborted':
      return changed.length === 0 ? claims : [...claims, says(`${changed.join()} stands`)]
    default:
      return claims
  }
}

function isChanged(world: State['world'], node: IndexedLeaf): boolean {
  const { value, landing } = cellOf(world, node)
  if (value === 'foreign') return false
  return landing !== undefined || value !== world.initial.get(cellName(node))
}

function problemsOfClaim(run: Run, world: State['world'], node: IndexedLeaf): readonly string[] {
  const { value } = cellOf(world, node)
  const leaf = stateOf(run, node)
  const { id } = node.sealed
  if (value === 'foreign') return []
  const release = node.parent?.children.find((child) => child.of === node)
  const left = release === undefined ? undefined : stateOf(run, release)
  const isLeft = left !== undefined && left.touched && left.phase === 'done' && left.undo === 'none'
  const isUndone = leaf.undo === 'done' && !leaf.standing
  if (isChanged(world, node) && !leaf.touched) return [`${id} is ${value}, and the run does not know that it was touched`]
  if (isChanged(world, node) && isUndone && left?.standing !== true) return [`${id} is ${value}, and the run says that it was undone`]
  if (isLeft && value !== 'old') return [`${id} is ${value}, and the run says that it was left`]
  const stands = leaf.phase === 'done' && leaf.touched && leaf.undo === 'none' && leaf.undoAttempt === 1 && !(left?.touched === true)
  return stands && value !== 'new' ? [`${id} is ${value}, and the run says that it was done`] : []
}
