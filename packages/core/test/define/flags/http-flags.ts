import type { FlagClient, FlagVersion } from './flag-client.ts'
import { FlagServiceError } from './flag-errors.ts'

/** The flag service of a project over HTTP. The only file that talks to it; a vendor's SDK would be imported here. */
export function httpFlags(project: string): FlagClient {
  const address = (flag: string, version?: number): string =>
    `http://127.0.0.1:8100/${encodeURIComponent(project)}/${encodeURIComponent(flag)}/${version ?? 'newest'}`
  return {
    async read({ flag, version }, { abortSignal }) {
      const response = await fetch(address(flag, version), { signal: abortSignal })
      return response.status === 404 ? undefined : versionIn(response)
    },
    async write({ flag, ...change }, { abortSignal }) {
      return versionIn(await fetch(address(flag), { method: 'PUT', body: JSON.stringify(change), signal: abortSignal }))
    },
  }
}

async function versionIn(response: Response): Promise<FlagVersion> {
  if (!response.ok) throw new FlagServiceError(response.status)
  return (await response.json()) as FlagVersion
}
