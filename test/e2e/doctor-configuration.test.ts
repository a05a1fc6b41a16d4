import { describe, expect, test } from 'vitest'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import type { PostgresVersion } from '../support/postgresql-versions.ts'
import { choose, doctorOn, follow, runUntilItDelivers } from '../support/printed-step.ts'
import { openShop, type Shop } from '../support/shop.ts'

interface Mistake {
  readonly code: string
  readonly id: string
  readonly how: string
  readonly make: (shop: Shop) => Promise<unknown>
  /** Which of the printed lines is followed. */
  readonly line: RegExp
  readonly version?: PostgresVersion
}

const slotOf = ({ slot }: Shop, plugin = 'pgoutput') =>
  `SELECT pg_create_logical_replication_slot('${slot}', '${plugin}')`

const notOurs = (how: string, line: RegExp): Mistake => ({
  code: 'POSTGRES_SLOT_NOT_OURS',
  id: 'postgresql.place',
  how,
  make: (shop) => shop.sql(slotOf(shop)),
  line,
})

const MISTAKES: readonly Mistake[] = [
  notOurs('it is taken over', /^offbeat offsets set shop --from-slot/),
  notOurs('another one is made', /^slot: /),
  notOurs('it is dropped', /pg_drop_replication_slot/),
  {
    code: 'POSTGRES_SLOT_OTHER_PLUGIN',
    id: 'postgresql.place',
    how: 'a slot of this name is read by another plugin',
    make: (shop) => shop.sql(slotOf(shop, 'test_decoding')),
    line: /^slot: /,
  },
  {
    code: 'POSTGRES_SLOT_OTHER_DATABASE',
    id: 'postgresql.place',
    how: 'a slot of this name is one of another database',
    make: (shop) => shop.server.query('postgres', slotOf(shop)),
    line: /^slot: /,
  },
  {
    code: 'POSTGRES_SLOT_TWO_PHASE',
    id: 'postgresql.place',
    how: 'a slot of this name decodes prepared transactions',
    make: (shop) => shop.sql(`SELECT pg_create_logical_replication_slot('${shop.slot}', 'pgoutput', twophase => true)`),
    line: /^slot: /,
    version: 15,
  },
  {
    code: 'POSTGRES_FAILOVER_UNSUPPORTED',
    id: 'postgresql.place',
    how: 'the server knows no failover slots',
    make: async (shop) => shop.configure({ failover: true }),
    line: /^failover: /,
    version: 14,
  },
  {
    code: 'TABLE_PATTERN_UNUSED',
    id: 'postgresql.table-patterns',
    how: 'a table is misspelt',
    make: async (shop) => shop.configure({ tables: ['public.orders', 'public.ordres'] }),
    line: /^tables: /,
  },
]

describe.skipIf(postgresqlMissing(18) !== null)('the configuration is fixed by what the doctor prints', () => {
  test.each(MISTAKES)('$code: $how', async ({ code, id, make, line, version = 18 }) => {
    const server = await sharedPostgresql(version)
    await using shop = await openShop(server)
    await using left = new AsyncDisposableStack()
    left.defer(async () => void (await server.query('postgres', dropOf(shop))))
    await make(shop)
    const finding = await doctorOn(shop, id)
    expect(finding).toMatchObject({ status: expect.stringMatching(/^(fail|warn)$/), code })
    for (const step of choose(finding.fix, line)) await follow(shop, step)
    expect(await doctorOn(shop, id)).toMatchObject({ status: 'ok', code: null })
    await runUntilItDelivers(shop)
  })
})

/** The other database's, which the shop does not know of. */
function dropOf({ slot }: Shop): string {
  return `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${slot}' AND database = 'postgres'`
}
