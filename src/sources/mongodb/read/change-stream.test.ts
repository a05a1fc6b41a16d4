import { expect, test } from 'vitest'
import { fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { connectToFake, fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { silentLog } from '../../../../test/support/silent-log.ts'
import { waitFor } from '../../../../test/support/wait-for.ts'
import { systemClock } from '../../../cli/program/system-clock.ts'
import type { Clock } from '../../../model/clock.ts'
import { ChangeStream } from './change-stream.ts'
import { streamCommand, watchedRequest } from './stream-request.ts'
import { StreamSource } from './stream-source.ts'

const never = new AbortController().signal

test('while nobody reads, the session of the cursor is kept alive, and the cursor can be read on', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], heartbeat: { source: 'off' } })
  await using connection = await connectToFake(fake, config)
  fake.noop()
  const request = watchedRequest(config, {
    by: 'time',
    time: { seconds: Number(fake.time >> 32n), increment: 1 },
    after: null,
  })
  const command = await streamCommand(request, config, connection)
  fake.answer('refreshSessions', {})
  await using stream = await ChangeStream.open(
    connection,
    command,
    { awaitMs: 1, clock: systemClock, refreshMs: 5 },
    never,
  )
  await stream.next(1)
  const refreshed = () => fake.received.filter(({ name }) => name === 'refreshSessions')
  await waitFor({ until: 'the session is refreshed more than once' }, () => refreshed().length > 2)
  const opening = fake.received.find(({ name }) => name === 'aggregate')?.command
  expect(refreshed()[0]?.command['refreshSessions']).toEqual([opening?.['lsid']])
  fake.insert('shop.item', { _id: 1 })
  expect((await stream.next(10))?.events.starts.length).toBeGreaterThan(0)
})

test('a server that does not answer a getMore ends the stream with a transient error', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], heartbeat: { source: 'off' } })
  await using connection = await connectToFake(fake, config, { silenceMs: 100 })
  const request = watchedRequest(config, {
    by: 'time',
    time: { seconds: Number(fake.time >> 32n), increment: 1 },
    after: null,
  })
  const command = await streamCommand(request, config, connection)
  await using stream = await ChangeStream.open(connection, command, { awaitMs: 1, clock: systemClock }, never)
  fake.onNext('getMore', reply.silence())
  await expect(stream.next(1)).rejects.toMatchObject({ code: 'DATABASE_CONNECTION_LOST', retry: true })
})

test('waiting for the first answer ends with the answer, so that it keeps no process that has ended its work', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], heartbeat: { source: 'off' } })
  await using connection = await connectToFake(fake, config)
  const time = { seconds: Number(fake.time >> 32n), increment: 1 }
  const waits: AbortSignal[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, until) => {
      waits.push(until)
      return systemClock.sleep(ms, until)
    },
  }
  const options = { config, connection, awaitMs: 1, clock, log: silentLog, signal: never }
  await using source = new StreamSource(watchedRequest(config, { by: 'time', time, after: null }), options)
  await source.open()
  expect(await source.isAnswered(3_600_000)).toBe(true)
  expect(waits.map(({ aborted }) => aborted)).toEqual([true])
})
