/**
 * The environment of this process without some of its variables, for a tool whose settings shall come from a plan alone:
 *
 * ```ts
 * inheritedEnvironment((name) => name.startsWith('HELM_'))
 * ```
 */
export function inheritedEnvironment(isLeftOut: (name: string) => boolean): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !isLeftOut(entry[0])),
  )
}
