import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { RollbackError, type Json, type JsonObject } from '@backstep/core'

/**
 * Writes a chart as a release record holds it into a folder, for Helm to render it again.
 *
 * @returns The folder.
 * @throws RollbackError `NOT_SUPPORTED` when the chart has dependencies, which Helm does not keep in a record.
 */
export async function writeChart(folder: string, chart: JsonObject): Promise<string> {
  const metadata = (chart['metadata'] ?? {}) as JsonObject
  const { dependencies } = metadata
  if (Array.isArray(dependencies) && dependencies.length > 0) {
    throw new RollbackError('NOT_SUPPORTED', `The chart ${nameOf(metadata)} has dependencies, and a release record does not hold them`, {
      hint: 'Give the chart that was deployed, with its version, in the option chart.',
    })
  }
  await rm(folder, { recursive: true, force: true })
  await writeInto(folder, 'Chart.yaml', JSON.stringify(metadata))
  await writeInto(folder, 'values.yaml', JSON.stringify(chart['values'] ?? {}))
  const { schema } = chart
  if (typeof schema === 'string' && schema !== '') await writeInto(folder, 'values.schema.json', Buffer.from(schema, 'base64'))
  for (const { name, data } of [...filesOf(chart['templates']), ...filesOf(chart['files'])]) {
    await writeInto(folder, name, Buffer.from(data, 'base64'))
  }
  return folder
}

function filesOf(files: Json | undefined): readonly { readonly name: string; readonly data: string }[] {
  return Array.isArray(files) ? (files as unknown as readonly { readonly name: string; readonly data: string }[]) : []
}

async function writeInto(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  const path = normalize(join(folder, name))
  if (!path.startsWith(folder + sep)) {
    throw new RollbackError('NOT_SUPPORTED', 'The recorded chart names a file outside of itself', {
      hint: 'Give the chart in the option chart.',
    })
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, content, { mode: 0o600 })
}

function nameOf({ name }: JsonObject): string {
  return typeof name === 'string' ? name : 'of this release'
}
