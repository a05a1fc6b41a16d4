import { type AuditedShop, openAuditedShop } from '../../support/audited-shop.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../../support/postgresql.ts'
import { postgresqlSource } from '../../support/postgresql-source.ts'
import type { PostgresVersion } from '../../support/postgresql-versions.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

/** A shutdown that waits for its reader would last this long, and the test would fail. */
const HELD_UP = { wal_sender_timeout: '1h' }

export function postgresqlFaultStage(version: PostgresVersion): FaultStage {
  return {
    name: `PostgreSQL ${version}`,
    seed: version,
    missing: postgresqlMissing(version),
    open: async () => faulty(await openAuditedShop(await sharedPostgresql(version))),
    async openServer() {
      const server = await startPostgresql({ version, settings: HELD_UP })
      const audited = await openAuditedShop(server)
      const { shop } = audited
      return {
        ...faulty(audited),
        harms: {
          'kill -9': () => server.kill(),
          'a fast restart': () => server.stop('fast'),
          'an immediate restart': () => server.stop('immediate'),
        },
        stop: () => server.stop('fast'),
        start: () => server.start(),
        commitNothing: async () => void (await shop.sql('CREATE TABLE nothing_in_it ()')),
        async [Symbol.asyncDispose]() {
          await audited[Symbol.asyncDispose]()
          await server[Symbol.asyncDispose]()
        },
      }
    },
  }
}

function faulty(audited: AuditedShop): FaultyDatabase {
  const { shop } = audited
  return {
    ...audited,
    server: shop.server,
    source: postgresqlSource({ url: shop.url, slot: shop.slot, heartbeat: { interval: '500ms' } }),
    configure({ port, interval = '500ms', store = 'offbeat.db' }) {
      const url = new URL(shop.url)
      if (port !== undefined) url.port = String(port)
      shop.configure({ url: url.href, heartbeat: { interval } }, { kind: 'sqlite', path: store })
    },
    insertMany: async (rows, bytes) =>
      void (await shop.sql(`INSERT INTO entry (pad) SELECT repeat('x', ${bytes}) FROM generate_series(1, ${rows})`)),
    shortenTimeouts: async () =>
      void (await shop.sql(`ALTER DATABASE "${shop.database}" SET wal_sender_timeout = '3s'`)),
  }
}
