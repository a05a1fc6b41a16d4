import { readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { backUpData, restoreData } from '../support/data-folder.ts'
import { expectWayOut, type LostPosition, runToHead } from '../support/lost-position.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { promote } from '../support/postgresql-standby.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

const dropSlot = ({ slot }: Shop) => `SELECT pg_drop_replication_slot('${slot}')`
const makeSlot = ({ slot }: Shop) => `SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`

/** The same name, address and tables, and nothing else of the first one. */
async function putInPlaceOf(shop: Shop): Promise<void> {
  await using other = await startPostgresql()
  await other.query('postgres', `CREATE DATABASE "${shop.database}"`)
  await using double = await openShop({
    ...other,
    createDatabase: async () => shop.database,
    dropDatabase: async () => undefined,
  })
  await double.sql(makeSlot(shop))
  await double.sql(`ALTER ROLE postgres PASSWORD '${shop.server.password}'`)
  await other.stop('fast')
  await restoreData(shop.server, other.dataDir)
}

interface LostShop extends LostPosition<Shop> {
  readonly settings?: Readonly<Record<string, string>>
}

const LOST_POSITIONS: readonly LostShop[] = [
  {
    code: 'POSTGRES_SLOT_MISSING',
    how: 'the slot is dropped',
    lose: (shop) => shop.sql(dropSlot(shop)),
  },
  {
    code: 'POSTGRES_SLOT_AHEAD',
    how: 'another reader has moved the slot',
    lose: async (shop) => {
      await shop.sql("INSERT INTO orders VALUES (101, 'read by another', 0)")
      await shop.sql(`SELECT pg_replication_slot_advance('${shop.slot}', pg_current_wal_lsn())`)
    },
    choice: /^Continue at .*, the position of the slot/,
  },
  {
    code: 'POSTGRES_SLOT_AHEAD',
    how: 'the slot is dropped and created again',
    lose: async (shop) => {
      await shop.sql("INSERT INTO orders VALUES (101, 'before the new slot', 0)")
      await shop.sql(dropSlot(shop))
      await shop.sql(makeSlot(shop))
    },
    choice: /^Continue at .*, the position of the slot/,
  },
  {
    code: 'DATABASE_OTHER_SERVER',
    how: 'another server answers at the same URL, with a slot of the same name',
    lose: putInPlaceOf,
  },
  {
    code: 'POSTGRES_TIMELINE_DIVERGED',
    how: 'a standby is promoted that lacks what was delivered',
    lose: async (shop) => {
      const behind = await backUpData(shop.server)
      await shop.sql("INSERT INTO orders VALUES (101, 'delivered, and not on the standby', 0)")
      await runToHead(shop)
      await restoreData(shop.server, behind, (folder) => writeFile(join(folder, 'standby.signal'), ''))
      await promote(shop.server)
    },
  },
  {
    code: 'OFFSET_BEYOND_LOG',
    how: 'the server is put back to a backup',
    lose: async (shop) => {
      const backup = await backUpData(shop.server)
      await shop.sql("INSERT INTO orders SELECT n, repeat('x', 1000), n FROM generate_series(101, 1000) n")
      await runToHead(shop)
      await restoreData(shop.server, backup)
    },
  },
  {
    code: 'POSTGRES_SLOT_INVALIDATED',
    how: 'the slot lags behind by more than the server keeps',
    settings: { max_slot_wal_keep_size: '1MB', min_wal_size: '32MB', max_wal_size: '32MB' },
    lose: (shop) =>
      waitFor({ until: 'the slot is invalidated' }, async () => {
        await shop.sql("INSERT INTO orders SELECT max(id) + 1, 'lost', 0 FROM orders; SELECT pg_switch_wal()")
        await shop.sql('CHECKPOINT')
        const [slot] = await shop.sql(`SELECT wal_status FROM pg_replication_slots WHERE slot_name = '${shop.slot}'`)
        return slot?.['wal_status'] === 'lost'
      }),
  },
  {
    code: 'POSTGRES_WAL_REMOVED',
    how: 'segments that the slot needs are taken out of pg_wal',
    lose: async (shop) => {
      for (let segment = 101; segment < 104; segment++)
        await shop.sql(`INSERT INTO orders VALUES (${segment}, 'lost', 0); SELECT pg_switch_wal()`)
      await shop.sql('CHECKPOINT')
      const [at] = await shop.sql('SELECT pg_walfile_name(redo_lsn) AS needed FROM pg_control_checkpoint()')
      const folder = join(shop.server.dataDir, 'pg_wal')
      const old = readdirSync(folder).filter((name) => /^[0-9A-F]{24}$/.test(name) && name < String(at?.['needed']))
      for (const name of old) rmSync(join(folder, name))
    },
  },
]

describe.skipIf(postgresqlMissing(18) !== null)('a lost position is fixed by what the doctor prints', () => {
  test.each(LOST_POSITIONS)('$code: $how', async ({ settings = {}, ...lost }) => {
    await using server: PostgresServer = await startPostgresql({ settings })
    await using shop = await openShop(server)
    await expectWayOut(shop, 'postgresql.place', lost)
  })
})
