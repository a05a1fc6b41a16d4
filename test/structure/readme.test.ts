import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runOffbeat } from '../support/offbeat.ts'
import { type PostgresServer, startPostgresql } from '../support/postgresql.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ADDRESS = 'db.example:5432/shop'
const PASSWORD = 'a secret'

it.each(['README.md', 'docs/sources/postgresql.md'])(
  '%s: its SQL and its first configuration work as they stand',
  async (page) => {
    await using server = await startPostgresql({ settings: { wal_level: 'logical' } })
    await server.query('postgres', 'CREATE DATABASE shop')
    await server.query('shop', 'CREATE TABLE orders (id bigint PRIMARY KEY, note text)')
    await server.query('shop', fenced(page, 'sql').replaceAll('<password>', PASSWORD))
    using folder = temporaryFolder()
    writeFileSync(folder.file('offbeat.yaml'), configuration(page, server))

    await offbeat(folder.path, ['run', '--until', 'head'])
    await server.query('shop', "INSERT INTO orders VALUES (1, 'first')")
    const [beat] = await server.query('shop', 'SELECT text FROM streamkap.streamkap_heartbeat WHERE id = 1')
    await offbeat(folder.path, ['run', '--until', 'head'])

    expect(await offbeat(folder.path, ['tail', 'shop', '--json', '--idle-exit', '100ms'])).toContain('"note":"first"')
    expect(beat?.['text']).not.toBe('test_heartbeat')
  },
)

/** With the address of the real server, which is on this machine and so without TLS. */
function configuration(page: string, server: PostgresServer): string {
  const text = fenced(page, 'yaml')
  expect(text).toContain(ADDRESS)
  return text.replace(ADDRESS, `${server.host}:${server.port}/shop`)
}

/** The first block of the page in this language. */
function fenced(page: string, language: string): string {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1]
  if (found === undefined) throw new Error(`${page} has no block of ${language}`)
  return found
}

async function offbeat(cwd: string, args: readonly string[]): Promise<string> {
  const result = await runOffbeat(args, { cwd, env: { SHOP_PASSWORD: PASSWORD } })
  if (result.code !== 0) throw new Error(`offbeat ${args.join(' ')} ended with ${result.code}:\n${result.stderr}`)
  return result.stdout
}
