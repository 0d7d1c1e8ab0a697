/**
 * One real system that tests can run against. Each is one file in `systems/` and an entry in `systems.ts`; nothing else has to change for a
 * new one. What a system does not need it leaves out: a command line tool has no `start`, a composition has no `installation`.
 */
export interface System {
  /** Lower case words joined by hyphens; the word that people type. */
  readonly name: string
  readonly version: string
  /** What it is, in one line. */
  readonly summary: string
  /** What must be on this machine already. Those of the parts are asked too and need not be repeated. */
  readonly needs: readonly MachineNeed[]
  /** What it costs by itself, without its parts; measured on two cores. */
  readonly cost: Cost
  /** Installed and started before this system, in this order; stopped after it, in the opposite order. */
  readonly parts?: readonly System[]
  readonly installation?: Installation
  /** Texts that decide how it is started (configuration files, flags). A running instance with other ones is not joined. */
  readonly startInputs?: readonly string[]
  /**
   * Starts its processes with `context.run` and resolves when they can be used. What others need to know of them (ports, addresses, files) it
   * leaves with `context.keep`.
   */
  readonly start?: (context: StartContext) => Promise<void>
  /** What is wrong with the running system, in a few words; `undefined` when it serves. Processes that have ended are noticed without it. */
  readonly health?: (instance: Settings) => Promise<string | undefined>
  /** What has to be done before its processes are asked to end. Processes that `start` began are stopped without it. */
  readonly stop?: (instance: Settings) => Promise<void>
}

/** Something that the machine must bring. */
export interface MachineNeed {
  /** `Go 1.26 or newer`. */
  readonly what: string
  /** What was found, for people (`go1.26.8`), or why it does not serve. */
  readonly find: () => Promise<{ readonly found: string } | { readonly missing: string }>
  /** The one command that gets it. */
  readonly get: string
}

export interface Cost {
  /** Of a first installation, with downloads. */
  readonly installSeconds: number
  /** Of what is installed. */
  readonly diskMegabytes: number
  /** From nothing to usable. */
  readonly startSeconds: number
  /** Resident, of all its processes, a minute after the start. */
  readonly memoryMegabytes: number
}

/** How a system gets into the cache. */
export interface Installation {
  /** Everything that decides what is installed. Another text is another folder in the cache, so that two checkouts never disturb each other. */
  readonly inputs: readonly string[]
  /** Puts its files into `folder`, which is empty and becomes visible to others only when this has resolved. */
  install(folder: string, progress: Progress): Promise<void>
}

/** Told to whoever waits. */
export interface Progress {
  /** A new piece of work began, or one ended. */
  stage(text: string): void
  /** Where the work stands. Called often; shown now and then. */
  detail(text: string): void
}

/** Facts about a running instance, kept in its state file. */
export type Settings = Readonly<Record<string, string | number>>

export interface StartContext {
  /** Belongs to this instance alone: data, logs, configuration. Deleted when it is stopped. */
  readonly folder: string
  /** What was kept so far, also by the parts. */
  readonly settings: Settings
  keep(settings: Settings): void
  /** The folder in which a system of this composition is installed. */
  installed(system: System): string
  freePort(): Promise<number>
  /** Starts a process that goes on when we end. Its output goes to `<folder>/logs/<name>.log`. */
  run(name: string, command: string, args: readonly string[], options?: RunOptions): Promise<void>
  /** Asks until it is so. Rejects with the end of the logs when a process of this instance has ended, or after `timeoutMs`. */
  until(what: string, isSo: () => Promise<boolean>, timeoutMs?: number): Promise<void>
  readonly progress: Progress
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
}

/** A system that cannot be had here, with what to do about it. */
export class TestbedError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'TestbedError' })
  }

  /** What to do next. */
  readonly hint: string

  constructor(message: string, { hint, cause }: { readonly hint: string; readonly cause?: unknown }) {
    super(message, { cause })
    this.hint = hint
  }
}
