import { expect, test } from 'vitest'
import { conninfoValue, hbaName, psqlConnect, quoteIdentifier, quoteLiteral } from './quoting.ts'

test.each([
  ['orders', 'orders'],
  ['user', '"user"'],
  ['order', '"order"'],
  ['data', 'data'],
  ['Order', '"Order"'],
  ['my db', '"my db"'],
  ["o'neil", `"o'neil"`],
  ['say "hi"', '"say ""hi"""'],
  ['заказ', '"заказ"'],
  ['back\\', '"back\\"'],
  ['100%', '"100%"'],
  ['a$b', '"a$b"'],
  ['two\nlines\\', 'U&"two\\000alines\\\\"'],
])('the identifier %j is written %s', (name, written) => {
  expect(quoteIdentifier(name)).toBe(written)
})

test.each([
  ['plain', "'plain'"],
  ["it's", "'it''s'"],
  ['C:\\', "E'C:\\\\'"],
  ['a\tb', "E'a\\u0009b'"],
])('the literal %j is written %s', (text, written) => {
  expect(quoteLiteral(text)).toBe(written)
})

test.each([
  ['shop', '\\connect shop'],
  ['Shop', '\\connect "Shop"'],
  ["o'neil", `\\connect "o'neil"`],
  ['a=b', `\\connect -reuse-previous=on "dbname='a=b'"`],
])('psql connects to %j by %s', (database, line) => {
  expect(psqlConnect(database)).toBe(line)
})

test.each([
  ['shop', 'shop'],
  ['all', '"all"'],
  ['my db', '"my db"'],
  ['a"b', '"a""b"'],
])('pg_hba.conf has %j as %s', (name, written) => {
  expect(hbaName(name)).toBe(written)
})

test('a connection string has a value with a blank or a quote in quotes', () => {
  expect(conninfoValue("o'neil \\")).toBe("'o\\'neil \\\\'")
})
