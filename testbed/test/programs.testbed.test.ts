import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { system } from '../src/index.ts'

const server = await system('postgres18')

const program = `
import { joinSystem, startOwnRedis } from '@backstep/testbed/programs'
const { system: server, leave } = await joinSystem('postgres18', { isQuiet: true })
const database = await server.database()
const [row] = await database.sql('select current_database() as name')
const { server: redis, stop } = await startOwnRedis()
const answer = await redis.command('ping')
await stop()
await leave()
console.log(JSON.stringify({ port: server.port, name: row.name, answer }))
`

describe('a program without a test runner', () => {
  it('joins the system that is up, and removes what it made', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: import.meta.dirname })
    const { port, name, answer } = JSON.parse(stdout) as { readonly port: number; readonly name: string; readonly answer: string }
    expect(port).toBe(server.port)
    expect(answer).toBe('PONG')
    expect(await server.sql('postgres', 'select datname from pg_database where datname = $1', [name])).toEqual([])
    expect(await server.sql('postgres', 'select 1 as one')).toEqual([{ one: 1 }])
  })
})
