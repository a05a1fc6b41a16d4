import { describe, expect, test } from 'vitest'
import { parsedFixes } from '../../src/model/fix.ts'
import { startOffbeat } from '../support/child.ts'
import { withText } from '../support/fix-script.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { readFrom, watchedDatabase } from '../support/postgresql-reading.ts'
import { readingContext } from '../support/reading.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { openShop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

describe.skipIf(postgresqlMissing(18) !== null)('a new slot that waits for an open transaction', () => {
  test('POSTGRES_SLOT_WAITS: names its process, and since when only where our role can see it; what is printed ends it', async () => {
    // Its own: on a shared one the transactions of other tests would be named, and ended by what is printed.
    await using server = await startPostgresql()
    await using database = await watchedDatabase(server)
    await using holder = await database.server.connect(database.name)
    await holder.query("BEGIN; INSERT INTO item VALUES (1, 'open')")
    const [{ pid } = {}] = await holder.query('SELECT pg_backend_pid() AS pid')
    const log = new RecordedLog()
    await using reading = await readFrom('now', database.config, 'none', { ...readingContext, log })
    const waits = await reading.until('it is reported', () => log.lines.find(({ fields }) => 'transactions' in fields))
    expect(waits.fields).toMatchObject({
      transactions: [`process ${pid} of ${database.server.user}`],
      fix: [withText(`pg_terminate_backend(${pid})`)],
    })
    for (const { text } of parsedFixes(waits.fields['fix'])) await database.query(text)
    await reading.firstOffset()
  })

  test('is run by the process that waits, as `status` shows', async () => {
    // Its own: on a shared one the slots of other tests would wait too.
    await using server = await startPostgresql()
    await using shop = await openShop(server)
    await using holder = await shop.server.connect(shop.database)
    await holder.query("BEGIN; INSERT INTO orders VALUES (1, 'open', 1)")
    await using running = startOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/waits for open transactions/u)
    const connector = await waitFor({ until: 'the connector has inspected the database' }, async () => {
      const { stdout } = await runOffbeat(['status'], { cwd: shop.folder.path })
      return /connector +(running.*)/u.exec(stdout)?.[1] ?? null
    })
    expect(connector).toContain(`process ${running.pid}`)
    await holder.query('COMMIT')
    await running.output(/slot .*was created/u)
  })
})
