import type { DatabaseSync } from 'node:sqlite'
import { OffbeatError } from '../model/error.ts'
import type { MessageLimit } from '../model/message.ts'
import { transaction } from './transaction.ts'

/** SQLite's application id in the file header: 'OFBT'. */
const APPLICATION_ID = 0x4f_46_42_54

/** Four times SQLite's default. Chunks are large, and writing them page by page is most of the work of storing them. */
export const PAGE_BYTES = 16_384

/** SQLite's limit is 1,000,000,000 bytes for a row, which also contains the message's source, topic and position. */
export const STORE_MESSAGE_LIMIT: MessageLimit = { bytes: 999_990_000, of: 'the sink sqlite' }

/**
 * Step i migrates a file from version i to version i + 1 (`pragma user_version`). Never change or remove a step, only add new ones.
 *
 * `source.visible_seq` is the last message that readers can see. Messages above it came after the last stored offset.
 * A row of `chunk` contains the messages of one topic from one write. `batch_seq` is the sequence number of that write's first message, so
 * writes never overlap. `layout` is a JSON array with `[seq - first_seq, key's start in body, key's length, value's length, ts_ms]` for
 * each message. A length of 0 means no key or no value. `visibility` has the position that was stored when messages up to `through_seq`
 * became visible.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table source (
    name text primary key,
    epoch integer not null default 0,
    visible_seq integer not null default 0,
    position text,
    server text,
    memory text,
    moved_by text,
    moved_why text,
    moved_at_ms integer
  ) strict;

  create table chunk (
    id integer primary key,
    source text not null,
    topic text not null,
    batch_seq integer not null,
    first_seq integer not null,
    messages integer not null,
    stored_at_ms integer not null,
    layout text not null,
    body blob not null
  ) strict;
  create index chunk_of_source on chunk (source, batch_seq);
  create index chunk_of_topic on chunk (topic, source, batch_seq);

  create table visibility (
    source text not null,
    through_seq integer not null,
    position text not null,
    primary key (source, through_seq)
  ) strict, without rowid;

  create table topic (
    topic text not null,
    source text not null,
    messages integer not null,
    primary key (topic, source)
  ) strict, without rowid;

  create table ledger (
    id integer primary key,
    source text not null,
    at_ms integer not null,
    moved_by text not null,
    from_position text,
    to_position text,
    why text not null
  ) strict;
  create index ledger_of_source on ledger (source, id);

  create table pulse (
    source text not null,
    nonce text not null,
    at_ms integer not null,
    written_at_ms integer,
    seen_at_ms integer,
    delivered_at_ms integer,
    stored_at_ms integer,
    acknowledged_at_ms integer,
    committed_at_ms integer,
    failed_code text,
    primary key (source, nonce)
  ) strict, without rowid;
  create index pulse_of_source on pulse (source, at_ms);

  create table sample (
    id integer primary key,
    source text not null,
    at_ms integer not null,
    head_position text not null,
    written_bytes text,
    held_bytes text,
    lag_bytes text
  ) strict;
  create index sample_of_source on sample (source, at_ms);

  create table verdict (
    id integer primary key,
    source text not null,
    at_ms integer not null,
    from_verdict text,
    to_verdict text not null,
    why text not null
  ) strict;
  create index verdict_of_source on verdict (source, at_ms);

  create table status (
    source text primary key,
    at_ms integer not null,
    status text not null
  ) strict;

  create view message as
  select
    chunk.source as source,
    chunk.topic as topic,
    chunk.first_seq + (piece.value ->> 0) as seq,
    piece.value ->> 4 as ts_ms,
    case piece.value ->> 2 when 0 then null
      else cast(substr(chunk.body, 1 + (piece.value ->> 1), piece.value ->> 2) as text) end as key,
    case piece.value ->> 3 when 0 then null
      else cast(substr(chunk.body, 1 + (piece.value ->> 1) + (piece.value ->> 2), piece.value ->> 3) as text) end as value,
    (select visibility.position from visibility
      where visibility.source = chunk.source and visibility.through_seq >= chunk.batch_seq
      order by visibility.through_seq limit 1) as position,
    chunk.stored_at_ms as stored_at_ms
  from chunk
  cross join json_each(chunk.layout) as piece
  where chunk.batch_seq <= (select visible_seq from source where source.name = chunk.source);
  `,
  // Identifies the server whose log a sample describes: rates are calculated within one run of one server.
  `
  alter table sample add column system text;
  alter table sample add column run text;
  `,
]

export const SCHEMA_VERSION = MIGRATIONS.length

/** The file's schema version; 0: the file is empty. Throws STORE_FOREIGN and STORE_NEWER. */
export function schemaVersion(db: DatabaseSync, path: string, newest = SCHEMA_VERSION): number {
  const version = pragmaNumber(db, 'user_version')
  const mark = pragmaNumber(db, 'application_id')
  if (mark !== APPLICATION_ID && (version !== 0 || hasTables(db))) throw foreign(path)
  if (version > newest) throw newer(path, version, newest)
  return version
}

/** Migrates the file to the newest version, with all steps in one transaction. */
export function migrate(db: DatabaseSync, path: string, migrations: readonly string[] = MIGRATIONS): void {
  if (schemaVersion(db, path, migrations.length) === migrations.length) return
  transaction(db, () => {
    const from = schemaVersion(db, path, migrations.length)
    for (const step of migrations.slice(from)) db.exec(step)
    db.exec(`pragma application_id = ${APPLICATION_ID}`)
    db.exec(`pragma user_version = ${migrations.length}`)
  })
}

function pragmaNumber(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`pragma ${name}`).get()?.[name] ?? 0)
}

function hasTables(db: DatabaseSync): boolean {
  return db.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
}

function foreign(path: string): OffbeatError {
  return new OffbeatError('STORE_FOREIGN', {
    message: `${path} is a SQLite database of another program.`,
    found: 'tables of another program',
    expected: 'a store of Offbeat, or no file',
  })
}

function newer(path: string, version: number, newest: number): OffbeatError {
  return new OffbeatError('STORE_NEWER', {
    message: `The store ${path} has schema version ${version}, newer than this Offbeat knows.`,
    found: `version ${version}`,
    expected: `version ${newest} or older`,
    details: { path, version, newest },
  })
}
