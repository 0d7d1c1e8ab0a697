import { isHazardous, worstRisk } from '../contract/risk.ts'
import { isGroup, leavesOf, type SealedChoose, type SealedGroup, type SealedNode } from '../seal/sealed-plan.ts'
import { branchStates } from './preview-tree.ts'
import type { Preview } from './preview.ts'
import { branchText, listedUpTo, type Entry, type Section } from './wording.ts'

const shownSteps = 4

/** What nobody can know yet, and why. */
export function laterSection(preview: Preview): Section {
  const steps = preview.steps
    .filter(({ state }) => state === 'late')
    .map(({ id, waitsFor, risk }): Entry => ({
      text: id,
      details: [
        `waits for ${listedUpTo(shownSteps, waitsFor)}`,
        `worst case: ${worstRisk(risk)}${isHazardous(risk) ? '; it asks again when it is reached' : ''}`,
      ],
    }))
  const requires = preview.requires
    .filter(({ status }) => status === 'later')
    .map(({ id }): Entry => ({ text: id, details: ['asked when it is reached: something before it changes the world'] }))
  const choices = choicesIn(preview.plan.tree)
    .flatMap((choose) => branchStates(choose, preview.plan.values).map((state, index) => ({ choose, state, index })))
    .filter(({ state }) => state === 'open')
    .map(({ choose, index }): Entry => ({ text: branchText(choose, index), details: whatIsIn(choose.children[index]) }))
  return { title: 'KNOWN ONLY LATER', entries: [...steps, ...requires, ...choices] }
}

/** Branches that the sealed answers rule out. */
export function notTakenSection({ plan }: Preview): Section {
  const entries = choicesIn(plan.tree).flatMap((choose) =>
    branchStates(choose, plan.values).flatMap((state, index): readonly Entry[] =>
      state === 'not-taken' ? [{ text: branchText(choose, index), details: whatIsIn(choose.children[index]) }] : [],
    ),
  )
  return { title: 'BRANCHES NOT TAKEN', entries }
}

/** Alternatives after the first one. */
export function onlyIfSection(preview: Preview): Section {
  const summaries = new Map(preview.steps.map(({ id, summary }) => [id, summary]))
  const entries = groupsIn(preview.plan.tree)
    .filter((group) => group.type === 'fallback')
    .flatMap((group) =>
      group.children.slice(1).map((child, index): Entry => {
        const steps = leavesOf(child).filter(({ type }) => type === 'step')
        return {
          text: `alternative ${index + 2} of ${group.children.length}: ${listedUpTo(
            shownSteps,
            steps.map(({ id }) => id),
          )}`,
          details: [
            ...steps
              .slice(0, shownSteps)
              .map(({ id }) => summaries.get(id) ?? '')
              .filter((summary) => summary !== ''),
            'starts only if the one before it was refused, or failed and was proven put back',
          ],
        }
      }),
    )
  return { title: 'ONLY IF', entries }
}

function whatIsIn(node: SealedNode | undefined): readonly string[] {
  const steps = node === undefined ? [] : leavesOf(node).filter(({ type }) => type === 'step')
  return [
    steps.length === 0
      ? 'changes nothing'
      : listedUpTo(
          shownSteps,
          steps.map(({ id }) => id),
        ),
  ]
}

function groupsIn(node: SealedNode): readonly SealedGroup[] {
  return isGroup(node) ? [node, ...node.children.flatMap(groupsIn)] : []
}

function choicesIn(node: SealedNode): readonly SealedChoose[] {
  return groupsIn(node).filter((group) => group.type === 'choose')
}
