import { readFileSync } from 'node:fs'

/** The current context of a kubeconfig. */
export function contextOf(kubeconfig: string): string {
  const [, context] = /"?current-context"?:\s*"?([^"\n,}]+)"?/.exec(readFileSync(kubeconfig, 'utf8')) ?? []
  if (context === undefined) throw new Error(`${kubeconfig} has no current context`)
  return context
}
