import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Installation, type MachineNeed, type Progress, TestbedError } from './system.ts'

const politeness = 10
const linesKept = 30

export interface GoProgram {
  /** The folder under `go/` that holds the go.mod and go.sum to build with. */
  readonly module: string
  /** The import path of the `main` package. */
  readonly package: string
  /** What the binary is called. */
  readonly binary: string
  /** Set with `-X`, for example where the version is written. */
  readonly variables?: Readonly<Record<string, string>>
}

/**
 * Builds a program from the Go module proxy that the machine is set up with. Every module is pinned and verified by the committed go.sum. The
 * build yields to other work on the machine, and what Go has compiled before it does not compile again.
 */
export function goProgram(program: GoProgram): Installation {
  const folder = moduleFolder(program.module)
  const flags = ['-s', '-w', ...Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)].join(' ')
  const sums = ['go.mod', 'go.sum'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex'),
  )
  return {
    inputs: [program.package, program.binary, flags, ...sums],
    async install(target, progress) {
      const output = join(target, 'bin', program.binary)
      await build(folder, ['build', '-v', '-mod=readonly', '-trimpath', '-ldflags', flags, '-o', output, program.package], progress)
    },
  }
}

function moduleFolder(name: string): string {
  return fileURLToPath(new URL(`../go/${name}/`, import.meta.url))
}

/** The go.mod decides which Go is new enough; asked inside its folder, the go command itself says whether it is, or fetches one that is. */
export function goCommand(module: string, version: string): MachineNeed {
  return {
    what: `Go ${version} or newer`,
    async find() {
      try {
        const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION'], { cwd: moduleFolder(module) })
        return { found: stdout.trim() }
      } catch (error) {
        const { code, stderr = '' } = error as { code?: string | number; stderr?: string }
        return { missing: code === 'ENOENT' ? '`go` is not on the PATH' : (stderr.trim().split('\n')[0] ?? 'the go command failed') }
      }
    },
    get: getGo(),
  }
}

function getGo(): string {
  if (process.platform === 'darwin') return 'brew install go'
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  return `curl -fsSL https://go.dev/dl/go1.26.8.${process.platform}-${architecture}.tar.gz | sudo tar -xz -C /usr/local && sudo ln -sf /usr/local/go/bin/go /usr/local/bin/go`
}

function build(cwd: string, args: readonly string[], progress: Progress): Promise<void> {
  const name = basename(args[args.indexOf('-o') + 1] ?? '')
  const startMs = performance.now()
  const lines: string[] = []
  let compiled = 0
  const say = (): void => progress.detail(`building ${name}: ${compiled} packages, ${Math.round((performance.now() - startMs) / 1000)} s`)
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { cwd, env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }, stdio: ['ignore', 'ignore', 'pipe'] })
    if (child.pid !== undefined) beNice(child.pid)
    const timer = setInterval(say, 1000)
    const endWithUs = (): void => void child.kill()
    process.once('exit', endWithUs)
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.push(line) > linesKept) lines.shift()
      if (line.startsWith('go: downloading')) progress.detail(`building ${name}: ${line.slice('go: '.length)}`)
      else compiled++
    })
    child.on('error', (error) => lines.push(error.message))
    child.on('close', (code) => {
      clearInterval(timer)
      process.off('exit', endWithUs)
      if (code === 0) return resolve()
      reject(new TestbedError(`${name} could not be built:\n${lines.slice(-8).join('\n')}`, { hint: hintFor(lines.join('\n')) }))
    })
  })
}

function beNice(pid: number): void {
  try {
    setPriority(pid, politeness)
  } catch {
    // It has ended already, or the system does not let us: the build is less polite, not wrong.
  }
}

function hintFor(output: string): string {
  if (/no space left/i.test(output))
    return 'Make room: about 5 GB are needed for sources and compiled packages. `go clean -cache` frees what Go keeps.'
  if (/dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|unrecognized import path|reading https?:/i.test(output)) {
    return 'The Go module proxy was not reached: check the network and `go env GOPROXY`. What was fetched and compiled so far is kept.'
  }
  if (/checksum mismatch|SECURITY ERROR/i.test(output))
    return 'What the module proxy sent is not what go.sum pins. Do not use it; ask who runs the proxy.'
  return 'Run the same command again; if it fails the same way, the first line above says where to look.'
}
