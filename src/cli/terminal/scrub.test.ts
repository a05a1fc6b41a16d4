import { expect, test } from 'vitest'
import { scrub } from './scrub.ts'

test.each([
  ['postgresql://app:hunter2@db:5432/shop', 'postgresql://app:[redacted]@db:5432/shop'],
  ['host=db password=hunter2 user=app', 'host=db password=[redacted] user=app'],
  ['{"password":"hunter2","user":"app"}', '{"password":"[redacted]","user":"app"}'],
  ['{ updateUser: "app", pwd: "hunter2" }', '{ updateUser: "app", pwd: "[redacted]" }'],
  ['{ updateUser: "app", pwd: "<password>2" }', '{ updateUser: "app", pwd: "[redacted]" }'],
  ['{"text":"{ pwd: \\"hunter2\\" }"}', '{"text":"{ pwd: \\"[redacted]\\" }"}'],
  ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=[redacted] psql'],
])('a password in %s is taken out', (text, clean) => {
  expect(scrub(text)).toBe(clean)
})

test.each([
  'psql "host=db port=5432 dbname=shop user=app"',
  'https://example.org/path:8080/x@y',
  'the server refused the password of the user app',
  'cannot read /etc/passwd: permission denied',
  "Access denied for user 'app'@'%' (using password: YES)",
  "ALTER ROLE app PASSWORD '<password>'",
  'db.runCommand({ updateUser: "app", pwd: "<password>" })',
  '{"text":"db.runCommand({ updateUser: \\"app\\", pwd: \\"<password>\\" })"}',
])('%s stays as it is', (text) => {
  expect(scrub(text)).toBe(text)
})
