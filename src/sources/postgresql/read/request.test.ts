import { expect, test } from 'vitest'
import { statementRequest } from './request.ts'

test.each([
  ['UPDATE "My Schema"."h""b" SET text = $1', 'the table "My Schema"."h""b"'],
  ['INSERT INTO streamkap.h (id) VALUES (1)', 'the table streamkap.h'],
  ['START_REPLICATION SLOT "shop" LOGICAL 0/1 (proto_version \'1\')', 'the replication slot shop'],
  ['CREATE_REPLICATION_SLOT "shop" LOGICAL pgoutput NOEXPORT_SNAPSHOT', 'the replication slot shop'],
  ['ALTER PUBLICATION streamkap_pub ADD TABLE public.orders', 'the publication streamkap_pub'],
  ['CREATE SCHEMA IF NOT EXISTS streamkap', 'the schema streamkap'],
  ['SELECT pg_catalog.pg_logical_emit_message(true, $1, $2)', 'the function pg_logical_emit_message'],
  ['SELECT relname\n  FROM pg_catalog.pg_class c WHERE true', 'the relation pg_catalog.pg_class'],
  ['SHOW wal_level', 'the database shop'],
])('the object of %s', (text, object) => {
  expect(statementRequest(text, { database: 'shop' }).object).toBe(object)
})

test('promise 12: a password is in no statement that is printed, and no statement is longer than a line can take', () => {
  const { statement } = statementRequest("CREATE USER u PASSWORD 'planted\nmore' VALID UNTIL 'x'", { database: 'shop' })
  expect(statement).toBe('CREATE USER u PASSWORD ...')
  expect(statementRequest(`SELECT ${'x'.repeat(999)}`, { database: 'shop' }).statement?.length).toBeLessThan(210)
})
