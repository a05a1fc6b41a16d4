import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { psqlTarget } from '../../src/sources/postgresql/connect/postgresql-target.ts'
import { environment, isRequired } from './environment.ts'
import type { PostgresServer } from './postgresql.ts'

type Server = Pick<PostgresServer, 'host' | 'port' | 'user' | 'password'>

/** Why psql is not available here. null: it is. */
export function psqlMissing(): string | null {
  if (spawnSync('sh', ['-c', 'psql --version'], { env: environment }).status === 0) return null
  if (isRequired('postgresql')) throw new Error('OFFBEAT_REQUIRE names postgresql, and there is no psql in PATH')
  return 'there is no psql in PATH'
}

/** Pastes the text into psql as the superuser. psql stops at the first error. Returns the output, one row per line. */
export async function pasteIntoPsql(server: Server, database: string, pasted: string): Promise<string> {
  const target = psqlTarget({ hosts: [server], database, user: server.user })
  return await inShell(`psql -XqAt -v ON_ERROR_STOP=1 ${target}`, { PGPASSWORD: server.password }, pasted)
}

/** Runs one line in a shell with this standard input. A failure throws an error with the output. */
export async function inShell(
  line: string,
  variables: Readonly<Record<string, string>> = {},
  input = '',
): Promise<string> {
  const child = spawn('sh', ['-c', line], { env: { ...environment, ...variables } })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(`exit code ${code} of ${line}\n${input}\n${stderr}`)
  return stdout
}
