import type { Preview, PreviewTotals, TotalDataLoss } from './preview.ts'
import { count, grouped, momentText, type Entry, type Section } from './wording.ts'

/** What is lost, from which time, how much, and where it is kept. */
export function lossSection({ dataLoss, mayLoseData }: PreviewTotals): Section {
  if (dataLoss.length + mayLoseData.length === 0) return { title: 'DATA LOST', entries: [{ text: 'No data is lost.', weight: 'good' }] }
  const later = mayLoseData.map((id): Entry => ({
    text: `${id} may lose data; how much is not known yet`,
    weight: 'careful',
  }))
  const isAllKept = dataLoss.length > 0 && mayLoseData.length === 0 && dataLoss.every(({ keptIn }) => keptIn !== undefined)
  return {
    title: isAllKept ? 'DATA SET ASIDE' : 'DATA LOST',
    entries: [...dataLoss.toSorted((a, b) => Number(a.keptIn !== undefined) - Number(b.keptIn !== undefined)).map(lossEntry), ...later],
  }
}

function lossEntry(loss: TotalDataLoss): Entry {
  const window = windowText(loss)
  return {
    text: `${rowsText(loss)}${loss.what}`,
    details: [
      ...(loss.onlyIf === true ? ['only if the alternatives before it fail'] : []),
      ...(window === undefined ? [] : [window]),
      ...(loss.keptIn === undefined ? [] : [`kept in ${loss.keptIn}`]),
      `in ${loss.resource}, by ${loss.step}`,
    ],
    weight: loss.keptIn === undefined && loss.onlyIf !== true ? 'bad' : 'careful',
  }
}

/** `12 rows, at most 50 accepted: `, or nothing when nobody counted. */
export function rowsText({ rows, rowsAtMost }: Pick<TotalDataLoss, 'rows' | 'rowsAtMost'>): string {
  if (rows === undefined) return rowsAtMost === undefined ? '' : `at most ${count(rowsAtMost, 'row')}: `
  return `${count(rows, 'row')}${rowsAtMost === undefined ? '' : `, at most ${grouped(rowsAtMost)} accepted`}: `
}

/** The time whose writes are affected. */
export function windowText({ from, to }: Pick<TotalDataLoss, 'from' | 'to'>): string | undefined {
  if (from === undefined) return to === undefined ? undefined : `written until ${momentText(to)}`
  return to === undefined
    ? `written since ${momentText(from)}, until the step runs`
    : `written from ${momentText(from)} to ${momentText(to)}`
}

/** Steps after which the plan cannot go back by itself. */
export function noReturnSection(preview: Preview, { pointsOfNoReturn }: PreviewTotals): Section {
  const steps = preview.steps.filter(({ id }) => pointsOfNoReturn.includes(id))
  return {
    title: 'POINTS OF NO RETURN',
    entries: steps.map(({ id, summary, state }) => ({
      text: `After ${id} the plan cannot go back by itself`,
      details: [...(summary === '' ? [] : [summary]), ...(state === 'alternative' ? ['only if the alternatives before it fail'] : [])],
      weight: 'bad',
    })),
  }
}
