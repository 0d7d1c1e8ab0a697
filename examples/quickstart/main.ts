#!/usr/bin/env node
import { resolve } from 'node:path'
import { RollbackError } from '@backstep/core'
import { helpText, readOptions, type StoryOptions } from './story/options.ts'
import { type Screen, terminalScreen } from './story/screen.ts'
import { tellStory } from './story/story.ts'
import { clearWorld, isOurs, isRunning, stopWorld } from './world/claim.ts'
import { defaultRoot, type Layout, layoutOf } from './world/layout.ts'

/** Refused before anything was changed. */
const refusals: ReadonlySet<string> = new Set(['PRECONDITION_FAILED', 'DRIFTED', 'PLAN_CHANGED', 'APPROVAL_VOID'])
const screen = terminalScreen()
process.exitCode = await main(screen)

async function main(to: Screen): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2))
    if (options.help) {
      process.stdout.write(helpText)
      return 0
    }
    return await inWorld(to, options)
  } catch (error) {
    return showFailure(to, error)
  }
}

/** Tells the story in its folder, and leaves nothing running behind, however it ends. */
async function inWorld(to: Screen, options: StoryOptions): Promise<number> {
  const root = resolve(options.world ?? defaultRoot)
  if (options.stop) {
    const wasThere = await stopWorld(layoutOf(root))
    to.line(wasThere ? 'The shop is stopped.' : `There is no shop in ${root}.`)
    return 0
  }
  const interruption = listenForSignals()
  let isKept = false
  try {
    const code = await Promise.race([tellStory(to, root, options, interruption.signal), interruption.code])
    isKept = options.keep && !interruption.signal.aborted
    return code
  } finally {
    if (!isKept) await endWorld(layoutOf(root))
    interruption.stopListening()
    if (interruption.signal.aborted) process.exit(await interruption.code)
  }
}

/** Ctrl-C and its like end the story, and what it started is still cleared away; a second one changes nothing about that. */
function listenForSignals() {
  const stop = new AbortController()
  const { promise: code, resolve } = Promise.withResolvers<number>()
  const listeners = (
    [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const
  ).map(([name, exitCode]) => {
    const listener = (): void => {
      stop.abort(new Error(name))
      resolve(exitCode)
    }
    process.on(name, listener)
    return [name, listener] as const
  })
  const stopListening = (): void => listeners.forEach(([name, listener]) => process.off(name, listener))
  return { signal: stop.signal, code, stopListening }
}

/** Ends what this process made. After an interruption the story may still be starting something, so it looks again until nothing is left. */
async function endWorld(layout: Layout): Promise<void> {
  if (!isOurs(layout)) return
  do await clearWorld(layout)
  while (isRunning(layout))
}

/** What went wrong and what to do, without a stack: this is read by people. */
function showFailure({ line, fact, paint }: Screen, error: unknown): number {
  line()
  line(paint('red', error instanceof Error ? error.message : 'something that is no error was thrown'))
  if (!(error instanceof RollbackError)) return 2
  fact('next', error.hint)
  return refusals.has(error.code) ? 3 : 2
}
