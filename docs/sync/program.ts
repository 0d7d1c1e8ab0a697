import { execFile } from 'node:child_process'
import { hostname } from 'node:os'

/** Runs a program of the guide and answers what it printed, with everything that differs between two runs made alike. */
export async function outputOf(path: string): Promise<string> {
  const { code, stdout, stderr } = await run(path)
  if (code !== 0)
    throw new Error(`${path} ended with ${code}: ${stderr.trim().slice(0, 500) || 'it printed no error; does it end by itself?'}`)
  return alike(stdout)
}

// A folder of known length, so that lines are broken at the same places everywhere.
const environment = { ...process.env, TMPDIR: '/tmp', TZ: 'UTC', NO_COLOR: '1' }

function run(path: string): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path], { env: environment, timeout: 30_000, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
  })
}

const different: readonly (readonly [RegExp, string])[] = [
  [/\/tmp\/guide-\w{6}/g, '/tmp/guide-x7Kq2M'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, '2026-11-23T03:15:02.000Z'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2026-11-23 03:15:02 UTC'],
  [/\b\d{8}-\d{6}-[0-9a-f]{6}\b/g, '20261123-031502-3f9a1c'],
  [/\b[0-9a-f]{64}\b/g, '8eec9d8c603654237c4aa855dce8b7e22443b75431d067b1483b86ec78c918c2'],
  [/\b[0-9a-f]{32}\b/g, 'a5904bc3cb3b4551a57c42bf54e58cd1'],
  [/\b1[0-9]{12}\b/g, '1795403702000'],
  [/(?<="crc":")[0-9a-f]{8}/g, '36f41115'],
  [/\bprocess \d+\b/g, 'process 4711'],
  [new RegExp(`\\b${hostname().replace(/[^\w-]/g, '\\$&')}\\b`, 'g'), 'ops-1'],
]

/** Times, run ids, hashes of a folder's name, marks and process ids become fixed ones of the same length. */
export function alike(output: string): string {
  return different.reduce((text, [what, instead]) => text.replace(what, instead), output).replace(/[ \t]+$/gm, '')
}

/** What stands in an output between the line `--- <name>` and the next one of its kind. Without a name all of it. */
export function partOfOutput(output: string, name: string): string {
  if (name === '') return `${output.trimEnd()}\n`
  const parts = new Map(output.split(/^--- /m).map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1)]))
  const part = parts.get(name)
  if (part === undefined) throw new Error(`it prints no part "--- ${name}"`)
  return `${part.trim()}\n`
}
