const opening = /^\s*(?:\/\/|#) #region (\S+)$/
const closing = /^\s*(?:\/\/|#) #endregion$/

/**
 * The lines between `// #region <name>` and `// #endregion`, moved to the left; of all of them when the name stands more than once. Without
 * a name the whole source. Lines that only mark regions are left out.
 *
 * @throws Error when there is no such region, or one is not closed.
 */
export function partOfSource(source: string, name: string): string {
  const open: string[] = []
  const kept: string[] = []
  for (const line of source.split('\n')) {
    const opened = opening.exec(line)?.[1]
    if (opened !== undefined) open.push(opened)
    else if (closing.test(line)) open.pop()
    else if (name === '' || open.includes(name)) kept.push(line)
  }
  if (open.length > 0) throw new Error(`the region ${open.join(', ')} is not closed`)
  if (kept.length === 0) throw new Error(`there is no region ${name}`)
  return `${toTheLeft(kept).join('\n').trim()}\n`
}

function toTheLeft(lines: readonly string[]): readonly string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  const least = Math.min(...indents)
  return lines.map((line) => line.slice(least))
}
