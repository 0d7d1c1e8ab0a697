import type { JsonObject, Secret, StepContext } from '@backstep/core'
import pg from 'pg'
import { type DatabasePort, SqlError, type SqlSession } from './database-port.ts'

const { INT2, INT4, BOOL } = pg.types.builtins
const parsers = new Map<number, (text: string) => unknown>([
  [INT2, Number],
  [INT4, Number],
  [BOOL, (text) => text === 't'],
])
/** Text for everything else, so that no Date or big number reaches a journal. */
const types = { getTypeParser: (oid: number) => parsers.get(oid) ?? ((text: string) => text) }

/** The only file that imports `pg`. The address, which holds the password, is revealed when a session is opened and kept nowhere. */
export function databaseClient(url: Secret): DatabasePort {
  return {
    async connect({ mode, name }, context) {
      const client = new pg.Client({
        connectionString: await context.reveal(url),
        application_name: name,
        connectionTimeoutMillis: 5_000,
        // A server that works for a client that died notices it within this time.
        options: `-c client_connection_check_interval=250 -c default_transaction_read_only=${mode === 'read' ? 'on' : 'off'} -c timezone=UTC`,
        types,
      })
      client.on('error', () => {})
      await client.connect().catch(refuse)
      return sessionOf(client, context)
    },
  }
}

function sessionOf(client: pg.Client, { abortSignal }: StepContext): SqlSession {
  const cut = (): void => void client.end()
  abortSignal.addEventListener('abort', cut, { once: true })
  return {
    async query<Row extends JsonObject>(statement: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
      const result = values.length === 0 ? client.query(statement) : client.query(statement, [...values])
      return (await result.catch(refuse)).rows as readonly Row[]
    },
    async close() {
      abortSignal.removeEventListener('abort', cut)
      await client.end()
    },
  }
}

/** Message and code only: the driver's errors carry statements and values. */
function refuse(cause: unknown): never {
  const { message, code } = cause as { readonly message: string; readonly code?: string }
  throw new SqlError(message, code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined)
}
