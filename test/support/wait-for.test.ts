import { expect, test } from 'vitest'
import { startPostgresql } from './postgresql.ts'
import { readFrom, watchedDatabase } from './postgresql-reading.ts'
import { addWaitDiagnostic } from './wait-diagnostic.ts'
import { waitFor } from './wait-for.ts'

test('a wait that expires shows what the reader has given, and what the sender and whoever blocks a session do', async () => {
  // A server of the test's own: on a shared one, the open transaction would block other tests from creating slots.
  await using server = await startPostgresql()
  await using database = await watchedDatabase(server)
  await using reading = await readFrom('now', database.config)
  await reading.firstOffset()
  await waitFor({ until: 'the slot is read' }, async () => (await database.slot())?.['active_pid'] != null)
  await using blocker = await database.server.connect(database.name)
  await using blocked = await database.server.connect(database.name)
  await blocker.query('BEGIN; LOCK TABLE item')
  const inserted = blocked.query('INSERT INTO item VALUES (1)')
  const [{ pid } = {}] = await blocker.query('SELECT pg_backend_pid() AS pid')
  const never = waitFor({ until: 'the row has come', withinMs: 300 }, () => reading.ids.includes(1))
  const { message } = await never.then(
    () => expect.fail('it came'),
    (error: Error) => error,
  )
  expect(message).toMatch(/^waited 300 ms in vain until the row has come\n/u)
  expect(message).toMatch(/the reader\nreading, \d+ events, the last \w+ \d+ ms ago: progress notice/u)
  expect(message).toMatch(/senders: \n {2}\{"pid":\d+,.*"state":"streaming"/u)
  expect(message).toContain(`"blocked_by":[${String(pid)}],"query":"INSERT INTO item VALUES (1)"`)
  expect(message).toMatch(/locks: \n {2}\{"pid":\d+,"locktype":"relation"/u)
  await blocker.query('COMMIT')
  await inserted
  await reading.until('the row has come', () => reading.ids.includes(1))
})

test('a diagnostic that fails is named with its error, and the others are shown', async () => {
  using _broken = addWaitDiagnostic('a broken one', () => Promise.reject(new Error('gone')))
  using _well = addWaitDiagnostic('a well one', () => 'all is well')
  await expect(waitFor({ until: 'never', withinMs: 1 }, () => false)).rejects.toThrow(
    /-- a broken one\ncannot be asked: Error: gone\n-- a well one\nall is well/u,
  )
})

test('what is long waited for is asked about ever more rarely', async () => {
  let asked = 0
  const never = () => {
    asked++
    return false
  }
  await expect(waitFor({ until: 'never', withinMs: 1000 }, never)).rejects.toThrow('in vain')
  // Checking every 10 ms would be a hundred times. On a busy system it is less.
  expect(asked).toBeLessThan(50)
})
