import { crc32 } from 'node:zlib'
import { RollbackError } from '@backstep/core'
import type { ScriptFile } from '../script-file.ts'
import { compareVersions, isSameVersion } from './flyway-history.ts'

/** A migration or undo script of Flyway. */
export interface FlywayScript extends ScriptFile {
  readonly kind: 'versioned' | 'undo' | 'repeatable'
  /** Empty for a repeatable one. */
  readonly version: string
  readonly description: string
  readonly checksum: number
}

const kinds = { V: 'versioned', U: 'undo', R: 'repeatable' } as const
const fileName = /(?:^|\/)([VUR])([0-9][0-9._]*)?__([^/]*)\.sql$/

/** Flyway's scripts among the files of a folder, oldest version first; other files are left out. */
export function flywayScripts(files: readonly ScriptFile[]): readonly FlywayScript[] {
  return files
    .flatMap((file): readonly FlywayScript[] => {
      const [, prefix, version = '', description = ''] = fileName.exec(file.path) ?? []
      if (prefix === undefined || (version === '') !== (prefix === 'R')) return []
      const kind = kinds[prefix as keyof typeof kinds]
      return [
        {
          ...file,
          kind,
          version: version.replaceAll('_', '.'),
          description: description.replaceAll('_', ' '),
          checksum: checksumOf(file.text),
        },
      ]
    })
    .toSorted((one, other) => compareVersions(one.version, other.version) || one.path.localeCompare(other.path))
}

/**
 * The one script of a kind for a version; `undefined` when there is none.
 *
 * @throws RollbackError `TARGET_AMBIGUOUS` when two files are of the same version, `5` and `5.0` among them.
 */
export function scriptOf(scripts: readonly FlywayScript[], kind: FlywayScript['kind'], version: string): FlywayScript | undefined {
  const found = scripts.filter((script) => script.kind === kind && isSameVersion(script.version, version))
  if (found.length < 2) return found[0]
  throw new RollbackError('TARGET_AMBIGUOUS', `Several scripts are of version ${version}: ${found.map(({ path }) => path).join(', ')}`, {
    hint: 'Leave the one that was applied, and remove the others.',
  })
}

/** CRC-32 over the UTF-8 bytes of each line, without line ends and without a byte order mark, as a signed number: Flyway's own checksum. */
export function checksumOf(text: string): number {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  return lines.reduce((sum, line) => crc32(line, sum), 0) | 0
}

const placeholder = /\$\{([^}]+)\}/g

/**
 * Puts the values of placeholders into a script, as Flyway does.
 *
 * @throws RollbackError `OPTIONS_INVALID`, naming script and placeholder, when one has no value.
 */
export function withPlaceholders({ path, text }: ScriptFile, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(placeholder, (_, name: string) => {
    const value = values[name]
    if (value !== undefined) return value
    throw new RollbackError('OPTIONS_INVALID', `${path} needs a value for the placeholder ${name}`, {
      hint: 'Give it in "placeholders", as the service that migrates does.',
    })
  })
}
