import { expect, test } from 'vitest'
import { neutralLiteral, parseAccount, quoteAccount, quoteDatabaseObjects, quoteLiteral, quoteName } from './quoting.ts'

test.each([
  ['orders', 'orders'],
  ['Orders', 'Orders'],
  ['order', '`order`'],
  ['Rank', '`Rank`'],
  ['my db', '`my db`'],
  ['2026', '`2026`'],
  ['back`tick', '`back``tick`'],
  ['a$b', '`a$b`'],
  ['заказ', '`заказ`'],
])('the identifier %j is written %s', (name, written) => {
  expect(quoteName(name)).toBe(written)
})

test.each([
  ['shop', false, 'shop.*'],
  ['my_shop', false, '`my\\_shop`.*'],
  ['50%', false, '`50\\%`.*'],
  ['my_shop', true, 'my_shop.*'],
])('a grant on the database %j, with partial_revokes %s, is on %s', (database, partialRevokes, written) => {
  expect(quoteDatabaseObjects(database, partialRevokes)).toBe(written)
})

test('a literal has its quotes, backslashes and line ends escaped', () => {
  expect(quoteLiteral("it's C:\\\n")).toBe("'it\\'s C:\\\\\\n'")
})

test.each([
  ['app@%', { user: 'app', host: '%' }],
  ['app@shop@10.0.0.%', { user: 'app@shop', host: '10.0.0.%' }],
  ['role', { user: 'role', host: '%' }],
])('the account %s', (text, account) => {
  expect(parseAccount(text)).toEqual(account)
})

test.each([
  ['streamkap_user', '%', "'streamkap_user'@'%'"],
  ["o'neil", 'localhost', "`o'neil`@'localhost'"],
  ['back\\`slash', '10.0.%', "`back\\``slash`@'10.0.%'"],
])('the account of %s from %s is written %s', (user, host, written) => {
  expect(quoteAccount(user, host)).toBe(written)
})

test.each([
  ["it's", "'it''s'"],
  ['C:\\', "CONVERT(X'433a5c' USING utf8mb4)"],
])('the text %s is written %s for sessions of others', (text, written) => {
  expect(neutralLiteral(text)).toBe(written)
})
