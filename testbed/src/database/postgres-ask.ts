import pg from 'pg'
import { type PostgresFacts, superuserName } from './postgres-process.ts'

/** A row with its columns as PostgreSQL's driver reads them by default. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test knows what it asked for
export type Row = Record<string, any>

/** Runs statements as the superuser, past the code under test. Gives back the rows of the last one. */
export async function askAs(
  { port, superuserPassword }: PostgresFacts,
  database: string,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    database,
    user: superuserName,
    password: superuserPassword,
    application_name: 'testbed',
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const answer: unknown = await client.query(text, values as unknown[] | undefined)
    return (([answer].flat().at(-1) as { rows?: Row[] } | undefined)?.rows ?? []) as readonly Row[]
  } finally {
    await client.end()
  }
}
