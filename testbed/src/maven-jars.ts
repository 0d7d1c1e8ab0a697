import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Installation, type MachineNeed, TestbedError } from './system.ts'

const run = promisify(execFile)

export interface JavaProgram {
  /** The folder under `maven/` that holds the pom.xml with every dependency. */
  readonly pom: string
  /** What the command is called. */
  readonly command: string
  readonly mainClass: string
}

/** A program from a Maven repository: its jars in `<folder>/lib`, and a command in `<folder>/bin` that starts it. */
export function javaProgram({ pom, command, mainClass }: JavaProgram): Installation {
  const file = fileURLToPath(new URL(`../maven/${pom}/pom.xml`, import.meta.url))
  return {
    inputs: [command, mainClass, readFileSync(file, 'utf8')],
    async install(folder, progress) {
      const library = join(folder, 'lib')
      progress.detail(`downloading the jars of ${command}`)
      await maven(['-f', file, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${library}`])
      const jars = readdirSync(library).toSorted()
      const bin = join(folder, 'bin')
      mkdirSync(bin)
      const path = jars.map((jar) => `$home/lib/${jar}`).join(':')
      const script = `#!/bin/sh
home=$(dirname "$(dirname "$(readlink -f "$0")")")
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -cp "${path}" ${mainClass} "$@"
`
      writeFileSync(join(bin, command), script, { mode: 0o755 })
    },
  }
}

async function maven(args: readonly string[]): Promise<void> {
  try {
    await run('mvn', ['-q', '-B', ...args], { maxBuffer: 16_000_000 })
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string }
    const lines = stdout.split('\n').filter((line) => line.startsWith('[ERROR]'))
    throw new TestbedError(`Maven failed:\n${(lines.length === 0 ? [message] : lines.slice(0, 5)).join('\n')}`, {
      hint: 'Check the network and ~/.m2/settings.xml, then run the same command again.',
    })
  }
}

/** Java 17 or newer. */
export const java: MachineNeed = {
  what: 'Java 17 or newer',
  find: () => versionOf('java', ['-version'], /version "(\d+)([\d._]*)/, (major) => major >= 17),
  get: process.platform === 'darwin' ? 'brew install openjdk@17' : 'sudo apt-get install -y openjdk-17-jre-headless',
}

export const mavenCommand: MachineNeed = {
  what: 'Maven 3.6 or newer',
  find: () => versionOf('mvn', ['-version'], /Apache Maven (\d+)([\d.]*)/, (major) => major >= 3),
  get: process.platform === 'darwin' ? 'brew install maven' : 'sudo apt-get install -y maven',
}

async function versionOf(
  command: string,
  args: readonly string[],
  pattern: RegExp,
  isEnough: (major: number) => boolean,
): ReturnType<MachineNeed['find']> {
  try {
    const { stdout, stderr } = await run(command, [...args])
    const [, major = '0', rest = ''] = pattern.exec(stdout + stderr) ?? []
    return isEnough(Number(major)) ? { found: `${major}${rest}` } : { missing: `found ${major}${rest}` }
  } catch {
    return { missing: `\`${command}\` is not on the PATH, or does not run` }
  }
}
