import { expect, test } from 'vitest'
import { statementRequest } from './server-request.ts'

const TARGET = { database: 'shop' }

test.each([
  ['UPDATE "My Schema"."h""b" SET text = $1', 'the table "My Schema"."h""b"'],
  ['UPDATE `my db`.`h``b` SET text = ?', 'the table `my db`.`h``b`'],
  ['INSERT INTO [streamkap].[h] (id) VALUES (1)', 'the table [streamkap].[h]'],
  ['INSERT INTO streamkap.h (id) VALUES (1)', 'the table streamkap.h'],
  ['ALTER PUBLICATION streamkap_pub ADD TABLE public.orders', 'the publication streamkap_pub'],
  ['CREATE SCHEMA IF NOT EXISTS streamkap', 'the schema streamkap'],
  ['DROP EVENT streamkap.heartbeat', 'the event streamkap.heartbeat'],
  ["CREATE USER IF NOT EXISTS 'shop reader'@'10.0.%' IDENTIFIED BY 'x'", "the user 'shop reader'@'10.0.%'"],
  ["CREATE USER `o'neil`@'%' IDENTIFIED BY 'x'", "the user `o'neil`@'%'"],
  ['SELECT relname\n  FROM pg_catalog.pg_class c WHERE true', 'the relation pg_catalog.pg_class'],
  ['SHOW wal_level', 'the database shop'],
])('the object of %s', (text, object) => {
  expect(statementRequest(text, TARGET).object).toBe(object)
})

test.each([
  ["CREATE USER u PASSWORD 'planted\nmore' VALID UNTIL 'x'", 'CREATE USER u PASSWORD ...'],
  ["CREATE USER u@'%' IDENTIFIED BY 'planted'", "CREATE USER u@'%' IDENTIFIED BY ..."],
  [
    "ALTER USER u IDENTIFIED WITH mysql_native_password AS '*planted'",
    'ALTER USER u IDENTIFIED WITH mysql_native_password AS ...',
  ],
  ["CREATE LOGIN u WITH PASSWORD = 'planted'", 'CREATE LOGIN u WITH PASSWORD = ...'],
  ["SET PASSWORD FOR u = PASSWORD('planted')", 'SET PASSWORD ...'],
])('promise 12: a password is in no statement that is printed: %s', (text, printed) => {
  expect(statementRequest(text, TARGET).statement).toBe(printed)
})

test('no statement is longer than a line can take', () => {
  expect(statementRequest(`SELECT ${'x'.repeat(999)}`, TARGET).statement?.length).toBeLessThan(210)
})
