import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../test/support/open-store.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { MIGRATIONS, migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts'
import { StoreReader } from './store-reader.ts'

const next = [
  ...MIGRATIONS,
  "create table note (text text); insert into note values ('from ' || (select name from source))",
]

describe('the schema', () => {
  it('is made in an empty file, and left alone the second time', () => {
    using db = new DatabaseSync(':memory:')
    expect(schemaVersion(db, 'x')).toBe(0)
    migrate(db, 'x')
    db.exec("insert into source (name) values ('shop')")
    migrate(db, 'x')
    expect(schemaVersion(db, 'x')).toBe(SCHEMA_VERSION)
    expect(db.prepare('select name from source').all()).toEqual([{ name: 'shop' }])
  })

  it('goes forward from an older file and keeps what is in it', () => {
    using folder = temporaryFolder()
    {
      using old = new DatabaseSync(folder.file('old.db'))
      migrate(old, 'old.db')
      old.exec("insert into source (name) values ('shop')")
    }
    using db = new DatabaseSync(folder.file('old.db'))
    migrate(db, 'old.db', next)
    expect(db.prepare('select text from note').get()).toEqual({ text: 'from shop' })
    expect(schemaVersion(db, 'old.db', next.length)).toBe(next.length)
  })

  it('of the first release goes forward: its samples are kept, of no known server, and before that it can be read as it is', async () => {
    using folder = temporaryFolder()
    const path = folder.file('offbeat.db')
    {
      using old = new DatabaseSync(path)
      migrate(old, path, MIGRATIONS.slice(0, 1))
      old.exec("insert into sample (source, at_ms, head_position, written_bytes) values ('shop', 1, '0/1', '7')")
    }
    const sample = { atMs: 1, server: null, headPosition: '0/1', writtenBytes: 7n, heldBytes: null, lagBytes: null }
    {
      using reader = StoreReader.open(path)
      expect(await reader.history.samples('shop', 0)).toEqual([sample])
    }
    await using store = await openStore(path)
    const server = { system: 's', run: 's since then' }
    await store.journal.append([{ type: 'sample', source: 'shop', sample: { ...sample, atMs: 2, server } }])
    expect(await store.journal.history.samples('shop', 0)).toEqual([{ ...sample, atMs: 2, server }, sample])
    using db = new DatabaseSync(path, { readOnly: true })
    expect(schemaVersion(db, path)).toBe(SCHEMA_VERSION)
  })

  it('stays as it was when a step fails', () => {
    using db = new DatabaseSync(':memory:')
    migrate(db, 'x')
    expect(() => migrate(db, 'x', [...MIGRATIONS, 'create table half (a); insert into nowhere values (1)'])).toThrow(
      /nowhere/,
    )
    expect(schemaVersion(db, 'x')).toBe(SCHEMA_VERSION)
    expect(db.prepare("select name from sqlite_schema where name = 'half'").get()).toBeUndefined()
  })

  it('of a newer Offbeat is refused', () => {
    using db = new DatabaseSync(':memory:')
    migrate(db, 'x.db', next)
    expect(() => migrate(db, 'x.db')).toThrow(
      expect.objectContaining({ code: 'STORE_NEWER', found: `version ${next.length}` }),
    )
  })

  it('of another program is refused and not touched', () => {
    using db = new DatabaseSync(':memory:')
    db.exec('create table theirs (a)')
    expect(() => migrate(db, 'x.db')).toThrow(expect.objectContaining({ code: 'STORE_FOREIGN' }))
    expect(db.prepare('select count(*) as n from sqlite_schema').get()).toEqual({ n: 1 })
  })
})
