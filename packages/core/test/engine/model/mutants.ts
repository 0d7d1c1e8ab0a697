/** A bug planted into a copy of the engine by replacing text. */
export interface Mutant {
  readonly name: string
  /** Below `src/engine`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Each breaks one promise. A replacement that no longer applies is an error: the bug has to be planted anew. */
export const mutants: readonly Mutant[] = [
  {
    name: 'after a crash the effect is made again without looking',
    file: 'evolve-run.ts',
    find: "phase: wasIntended ? 'doubt' :",
    replace: "phase: wasIntended ? 'prepared' :",
  },
  {
    name: 'a crash counts as an attempt',
    file: 'evolve-run.ts',
    find: 'attemptBase: leaf.attemptBase + Number(wasIntended),',
    replace: '',
  },
  {
    name: 'going back begins with what came first',
    file: 'backward.ts',
    find: 'node.children[memo.backCursor] as IndexedNode',
    replace: 'node.children[node.children.length - 1 - memo.backCursor] as IndexedNode',
  },
  {
    name: 'leases of late steps are forgotten on resume',
    file: 'decide.ts',
    find: 'acquire: [...run.leaseKeys].sort()',
    replace: 'acquire: [...run.leaseKeys].slice(0, run.approved.size).sort()',
  },
  {
    name: 'a resume goes on without its leases',
    file: 'decide.ts',
    find: "if (run.everLeased && run.readiness === 'none') return acquire(run)",
    replace: "if (run.everLeased && run.readiness === 'none') run.readiness = 'ready'",
  },
  {
    name: 'another alternative is tried past a point of no return',
    file: 'forward.ts',
    find: "if (back === 'cut') return 'failed'",
    replace: "if (back === 'cut') continue",
  },
  {
    name: 'the next alternative starts before the failed one is undone',
    file: 'forward.ts',
    find: "if (back === 'active') return 'active'",
    replace: "if (back === 'active') continue",
  },
  {
    name: 'what cannot be seen is done again',
    file: 'evolve-step.ts',
    find: "    case 'unknown':\n      return lookAgain(run, node, leaf, position.detail)\n  }\n}\n\nfunction probedUnchanged",
    replace: "    case 'unknown':\n      return { phase: 'prepared', attempt: leaf.attempt + 1 }\n  }\n}\n\nfunction probedUnchanged",
  },
  {
    name: 'a refusal clears the doubt of an earlier attempt',
    file: 'evolve-step.ts',
    find: '  if (leaf.doubted)\n',
    replace: '  if (leaf.doubted && run.records < 0)\n',
  },
  {
    name: 'a doubt does not stop the way back',
    file: 'backward.ts',
    find: "if (leaf.phase === 'doubt' && !leaf.unchanged) return say(round, node, 'probe')",
    replace: "if (leaf.phase === 'doubt' && !leaf.unchanged) return 'undone'",
  },
  {
    name: "somebody else's change is undone",
    file: 'evolve-undo.ts',
    find: "    case 'after':\n      return { ...settled, undo: 'ready' }",
    replace: "    case 'after':\n    case 'elsewhere':\n      return { ...settled, undo: 'ready' }",
  },
  {
    name: 'an undo is believed without a look',
    file: 'evolve-undo.ts',
    find: "        undo: 'effected',",
    replace: "        undo: 'done',",
  },
  {
    name: 'an undo that does nothing is tried for ever',
    file: 'evolve-undo.ts',
    find: 'return leaf.undoAttempt - leaf.undoAttemptBase < (node.sealed.attempts ?? 3)',
    replace: 'return leaf.undoAttempt >= (node.sealed.attempts ?? 3) * 0',
  },
  {
    name: 'a refused effect is tried for ever',
    file: 'evolve-step.ts',
    find: 'return leaf.attempt - leaf.attemptBase < limitOf(node, leaf)',
    replace: 'return leaf.attempt >= limitOf(node, leaf) * 0',
  },
  {
    name: 'a repeated record closes the next command',
    file: 'evolve.ts',
    find: 'if (what === undefined || closed[type]?.includes(what) !== true) return',
    replace: 'if (what === undefined || closed[type] === undefined) return',
  },
  {
    name: 'neighbours of a failure start new work',
    file: 'beside.ts',
    find: "if (!isStarting || countOf(draining, 'failed') > 0 || countOf(draining, 'blocked') > 0)",
    replace: 'if (!isStarting)',
  },
  {
    name: 'a cancelled run starts new work',
    file: 'decide.ts',
    find: 'switch (forward(round, run.index.root, run.cancel === undefined)) {',
    replace: 'switch (forward(round, run.index.root, true)) {',
  },
  {
    name: 'drift at the last look is not noticed',
    file: 'evolve-step.ts',
    find: "if (position !== 'before' && position !== 'after') refused",
    replace: "if (position === 'unknown') refused",
  },
  {
    name: 'a step is done without being verified',
    file: 'evolve-step.ts',
    find: "    phase: 'effected',\n    receipt,",
    replace: "    phase: 'done',\n    receipt,",
  },
  {
    name: 'no data counts as a failure',
    file: 'evolve-step.ts',
    find: "if (status === 'unhealthy' || (status === 'progressing' && isOver))",
    replace: "if (status !== 'progressing' || isOver)",
  },
  {
    name: 'an optional part that failed is left as it is',
    file: 'forward.ts',
    find: "  const back = backward(round, node)\n  if (back === 'undone') return policy",
    replace: "  if (policy === 'go-on') return 'done'\n  const back = backward(round, node)\n  if (back === 'undone') return policy",
  },
  {
    name: 'a scope is not left',
    file: 'forward.ts',
    find: "return scope.unchanged || (scope.phase === 'skipped' && !scope.touched)",
    replace: "return scope.phase === 'done'",
  },
  {
    name: 'a scope that was entered before us is left by us',
    file: 'forward.ts',
    find: "return scope.unchanged || (scope.phase === 'skipped' && !scope.touched)",
    replace: "return scope.phase === 'skipped' && !scope.touched",
  },
  {
    name: 'an undo that loses data is not asked about',
    file: 'backward.ts',
    find: 'return !node.stoppedBy.some((scope) => isEntered(run, scope))',
    replace: 'return false',
  },
  {
    name: 'a hazardous step is not asked about',
    file: 'forward.ts',
    find: 'if (isHazardous(risk)) {',
    replace: 'if (isHazardous(risk) && risk.length > 9) {',
  },
  {
    name: 'what a person left standing is not reported',
    file: 'decide.ts',
    find: "run.standingCount > 0 ? 'partially-compensated' : 'compensated'",
    replace: "'compensated'",
  },
  {
    name: 'going on takes what was undone for done',
    file: 'go-on.ts',
    find: "const isUndone = leaf.undo === 'done' && !leaf.standing",
    replace: 'const isUndone = leaf.undo === undefined',
  },
  {
    name: 'a step is retried inside a part that was put back already',
    file: 'forward.ts',
    find: "  if (policy === 'halt') return 'blocked'\n  round.obstacles.length = length\n",
    replace: "  if (policy === 'halt') return 'blocked'\n",
  },
  {
    name: 'what the last evaluation remembered is not forgotten',
    file: 'run.ts',
    find: 'if (above.beside !== undefined) noteChange(above.beside, at.place)',
    replace: '',
  },
  {
    name: 'a dead process keeps its commands',
    file: 'evolve-run.ts',
    find: '  run.outstanding.clear()\n',
    replace: '',
  },
  {
    name: 'a refusal over a half of our own counts as nothing done',
    file: 'evolve-step.ts',
    find: "return { phase: 'prepared', doubted: true, attempt: leaf.attempt + 1,",
    replace: "return { phase: 'prepared', doubted: false, attempt: leaf.attempt + 1,",
  },
  {
    name: 'a look that finds nothing ends the doubt',
    file: 'evolve-step.ts',
    find: "return { phase: 'prepared', touched: false, attempt: leaf.attempt + 1,",
    replace: "return { phase: 'prepared', touched: false, doubted: false, attempt: leaf.attempt + 1,",
  },
  {
    name: 'a step in doubt is prepared anew after a crash',
    file: 'evolve-run.ts',
    find: "leaf.phase === 'prepared' && !mayStand(leaf) ? 'pending'",
    replace: "leaf.phase === 'prepared' ? 'pending'",
  },
  {
    name: 'an undo is made twice at a time',
    file: 'backward.ts',
    find: "  if (round.run.outstanding.has(node.number)) return 'active'\n",
    replace: '',
  },
]
