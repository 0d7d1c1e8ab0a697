import type { SessionOptions, SqlClient, SqlContext, SqlSession } from './sql-client.ts'

/**
 * A session without a transaction, for what the server refuses inside one: CREATE DATABASE, CREATE INDEX CONCURRENTLY, ending other sessions.
 * Each statement stands for itself; one whose answer is lost has an unknown effect.
 *
 * @returns what `work` returned.
 */
export async function withSession<Result>(
  client: SqlClient,
  context: SqlContext,
  options: SessionOptions,
  work: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  const session = await client.connect(options, context)
  try {
    return await work(session)
  } finally {
    await session[Symbol.asyncDispose]()
  }
}
