import { PgoutputDecoder } from '../../src/sources/postgresql/decode/decoder.ts'
import { ServerCatalog } from '../../src/sources/postgresql/tables/catalog.ts'

/** Creates a decoder that also decodes the heartbeat table's changes. It never queries a server for types or keys. */
export function newDecoder(): PgoutputDecoder {
  return new PgoutputDecoder({
    source: 'shop',
    database: 'shop',
    server: { systemIdentifier: '7', timeline: '1' },
    clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() },
    catalog: new ServerCatalog(() => Promise.resolve([])),
    isWatched: () => true,
    heartbeat: { schema: 'streamkap', table: 'streamkap_heartbeat', deliver: true },
    truncates: true,
  })
}
