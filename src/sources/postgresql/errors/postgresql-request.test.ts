import { expect, test } from 'vitest'
import { postgresqlRequest } from './postgresql-request.ts'

test.each([
  ['START_REPLICATION SLOT "shop" LOGICAL 0/1 (proto_version \'1\')', 'the replication slot shop'],
  ['CREATE_REPLICATION_SLOT "shop" LOGICAL pgoutput NOEXPORT_SNAPSHOT', 'the replication slot shop'],
  ['SELECT pg_catalog.pg_logical_emit_message(true, $1, $2)', 'the function pg_logical_emit_message'],
  ['UPDATE streamkap.h SET text = $1', 'the table streamkap.h'],
])('the object of %s', (text, object) => {
  expect(postgresqlRequest(text, { database: 'shop' }).object).toBe(object)
})
