import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type AuditedShop, openAuditedShop } from '../support/audited-shop.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'

const NAME = /^[0-9A-F]{24}$/u

/** Moves every segment before the one of the last checkpoint away, or all of them back. */
async function withoutOldLog(
  audited: AuditedShop,
  server: PostgresServer,
): Promise<{ putBack(): void; moved: readonly string[] }> {
  const { shop } = audited
  await shop.sql('CREATE TABLE filler (id int)')
  for (let i = 0; i < 3; i++) await shop.sql('INSERT INTO filler VALUES (1); SELECT pg_switch_wal()')
  await shop.sql('CHECKPOINT')
  const [row] = await shop.sql('SELECT pg_walfile_name(redo_lsn) AS name FROM pg_control_checkpoint()')
  await server.stop('fast')
  const folder = join(server.dataDir, 'pg_wal')
  const aside = join(server.dataDir, 'aside')
  mkdirSync(aside)
  const moved = readdirSync(folder).filter((name) => NAME.test(name) && name < String(row?.['name']))
  for (const name of moved) renameSync(join(folder, name), join(aside, name))
  await server.start()
  return {
    moved,
    putBack: () => {
      for (const name of moved) renameSync(join(aside, name), join(folder, name))
    },
  }
}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('a log removed, PostgreSQL %d', (version) => {
  test('promise 9: segments that the slot needs are gone from pg_wal: the run ends with 3, evidence and choices; put back, nothing is lost', async (context) => {
    await using server = await startPostgresql({ version })
    await using audited = await openAuditedShop(server)
    // The audit slot would retain the same segments.
    await audited.shop.sql(`SELECT pg_drop_replication_slot('${audited.shop.slot}_w')`)
    const cwd = audited.shop.folder.path
    const first = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd })
    expect(first.code, first.stderr).toBe(0)
    await audited.shop.sql("INSERT INTO entry (pad) VALUES ('a')")
    const log = await withoutOldLog(audited, server)
    expect(log.moved.length).toBeGreaterThan(0)
    // A user who is not allowed to list the files learns it from the stream.
    const url = new URL(audited.shop.url)
    await audited.shop.sql(`CREATE ROLE reader LOGIN REPLICATION PASSWORD 'p'; GRANT USAGE ON SCHEMA streamkap TO reader;
      GRANT ALL ON streamkap.streamkap_heartbeat TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`)
    url.username = 'reader'
    url.password = 'p'
    audited.shop.configure({ url: url.href })
    const run = await runOffbeat(['run', '--quiet'], { cwd })
    expect(run.code, run.stderr).toBe(3)
    for (const part of [
      'POSTGRES_WAL_REMOVED',
      `requested WAL segment ${log.moved[0]} has already been removed`,
      'restart_lsn',
      'What is missing',
      'since',
      'What you can do: one of these',
      'offbeat offsets reset shop',
    ])
      expect(run.stderr.replaceAll(/\s+/gu, ' ')).toContain(part)
    audited.shop.configure()
    const status = await runOffbeat(['status'], { cwd })
    expect(status.code, status.stdout).toBe(3)
    expect(status.stdout).toContain('POSTGRES_WAL_REMOVED')
    expect(status.stdout.replaceAll(/\s+/gu, ' ')).toContain('files the oldest file in pg_wal is segment')
    // Where a service reads the log from its own storage, files that are not there say nothing: the stream finds out.
    await audited.shop.sql(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET neon.tenant_id = 1', current_database()); END $$",
    )
    const served = await runOffbeat(['status'], { cwd })
    expect(served.stdout).toMatch(/^shop {2}stopped$/mu)
    log.putBack()
    const again = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd })
    expect(again.code, again.stderr).toBe(0)
    expect(audited.delivered()).toHaveLength(1)
    proven(context, {
      fault: 'WAL segments that the slot needs are removed from pg_wal',
      verdict: 'lost',
      result: 'the connector ends with 3, the evidence and the choices; with the files put back, nothing is lost',
    })
  })
})
