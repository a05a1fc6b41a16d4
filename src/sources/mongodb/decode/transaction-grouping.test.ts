import { describe, expect, test } from 'vitest'
import { commitOffset, eventLine, tokenOf } from '../../../../test/support/change-stream-reply.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import { type ClusterTime, timeText } from '../position/cluster-time.ts'
import { type EventPlace, TransactionGrouping } from './transaction-grouping.ts'

function place(seconds: number, rest = 0): EventPlace {
  const time = { seconds, increment: 1 }
  return { time, token: { form: 'data', text: tokenOf(seconds, 1, rest) }, ts: timeText(time), committedAtMs: 0 }
}

/** What the grouping pushes; `change` is in its place. */
class Groups {
  readonly #grouping: TransactionGrouping
  readonly #events: LogEvent[] = []

  constructor(isRouter = false) {
    this.#grouping = new TransactionGrouping(commitOffset, isRouter)
  }

  change(id: string | null, at: EventPlace): void {
    this.#grouping.open(id, at, this.#events)
    this.#events.push({ type: 'notice', code: 'DEFECT', details: { change: this.#grouping.nextChange() } })
    this.#grouping.close(id, at, this.#events)
  }

  pass(id: string | null, at: EventPlace): void {
    this.#grouping.pass(id, at, this.#events)
  }

  endBatch(isEmpty: boolean, tokenTime: ClusterTime | null): void {
    this.#grouping.endBatch(tokenTime, isEmpty, this.#events)
  }

  /** Short names for the events so far. Then they are forgotten. */
  take(): string[] {
    return this.#events.splice(0).map((event) => {
      if (event.type === 'notice') return `change ${JSON.stringify(event.details['change'])}`
      const [type = '', what = ''] = eventLine(event).split(' ')
      return `${type} ${what.replace(/\/.*/, '')}`
    })
  }

  get isOpen(): boolean {
    return this.#grouping.isOpen
  }
}

test('each event without a transaction is one of its own', () => {
  const groups = new Groups()
  groups.change(null, place(10))
  groups.change(null, place(11))
  expect(groups.take()).toEqual(['begin 10.1', 'change 1', 'commit 10.1', 'begin 11.1', 'change 1', 'commit 11.1'])
})

test('the events of a transaction are one, and their changes are numbered', () => {
  const groups = new Groups()
  groups.change('a', place(10, 1))
  groups.change('a', place(10, 2))
  expect(groups.take()).toEqual(['begin a', 'change 1', 'change 2'])
  expect(groups.isOpen).toBe(true)
  groups.change(null, place(10, 3))
  expect(groups.take()).toEqual(['commit 10.1', 'begin 10.1', 'change 1', 'commit 10.1'])
  expect(groups.isOpen).toBe(false)
})

test('the offset of a transaction is after its last event', () => {
  const events: LogEvent[] = []
  const grouping = new TransactionGrouping(commitOffset, false)
  for (const at of [place(10, 1), place(10, 2)]) {
    grouping.open('a', at, events)
    grouping.close('a', at, events)
  }
  grouping.endBatch(null, true, events)
  expect(events.map(eventLine)).toEqual(['begin a at 0', `commit 10.1/${tokenOf(10, 1, 2)}`])
})

test('another transaction ends the one before, and says where that ended', () => {
  const groups = new Groups()
  groups.change('a', place(10))
  groups.change('b', place(11))
  expect(groups.take()).toEqual(['begin a', 'change 1', 'commit 10.1', 'begin b', 'change 1'])
  const events: LogEvent[] = []
  const grouping = new TransactionGrouping(commitOffset, false)
  grouping.open('a', place(10), events)
  grouping.open('b', place(11), events)
  expect(events.find((event) => event.type === 'begin' && event.after === '10.1')).toBeDefined()
})

describe('the end of a batch', () => {
  test.each([
    ['a batch with events whose token has the same time leaves it open', false, false, 10, false],
    ['a batch with events whose token has a later time ends it', false, false, 11, true],
    ['an empty batch of a replica set ends it', false, true, 10, true],
    ['an empty batch of a router leaves it open', true, true, 10, false],
    ['an empty batch of a router whose token has a later time ends it', true, true, 11, true],
  ])('%s', (_what, isRouter, isEmpty, tokenSeconds, ends) => {
    const groups = new Groups(isRouter)
    groups.change('a', place(10))
    groups.take()
    groups.endBatch(isEmpty, place(tokenSeconds).time)
    expect(groups.take()).toEqual(ends ? ['commit 10.1'] : [])
    expect(groups.isOpen).toBe(!ends)
  })

  test('a token that contains no time does not end a transaction', () => {
    const groups = new Groups()
    groups.change('a', place(10))
    groups.take()
    groups.endBatch(false, null)
    expect(groups.take()).toEqual([])
  })

  test('a transaction goes on in the next batch', () => {
    const groups = new Groups()
    groups.change('a', place(10, 1))
    groups.endBatch(false, place(10, 1).time)
    groups.change('a', place(10, 2))
    groups.endBatch(false, place(12).time)
    expect(groups.take()).toEqual(['begin a', 'change 1', 'change 2', 'commit 10.1'])
  })
})

describe('of a router', () => {
  test('what comes between the events of a transaction, at its time, is delivered with it', () => {
    const groups = new Groups(true)
    groups.change('a', place(10, 1))
    groups.change(null, place(10, 2))
    groups.change('b', place(10, 3))
    groups.change('a', place(10, 4))
    groups.endBatch(false, place(10, 4).time)
    expect(groups.isOpen).toBe(true)
    groups.change('c', place(11, 1))
    groups.endBatch(false, place(12).time)
    expect(groups.take()).toEqual([
      ...['begin a', 'change 1', 'change 2', 'change 3', 'change 4', 'commit 10.1'],
      ...['begin c', 'change 1', 'commit 11.1'],
    ])
  })

  test('what is left out between them does not end it', () => {
    const groups = new Groups(true)
    groups.pass('a', place(10, 1))
    groups.pass(null, place(10, 2))
    groups.change('a', place(10, 3))
    groups.pass('b', place(10, 4))
    groups.change('a', place(10, 5))
    groups.change(null, place(11))
    expect(groups.take()).toEqual([
      ...['begin a', 'change 1', 'change 2', 'commit 10.1'],
      ...['begin 11.1', 'change 1', 'commit 11.1'],
    ])
  })

  test('a single event of its own is complete at once', () => {
    const groups = new Groups(true)
    groups.change(null, place(10, 1))
    groups.change(null, place(10, 2))
    expect(groups.take()).toEqual(['begin 10.1', 'change 1', 'commit 10.1', 'begin 10.1', 'change 1', 'commit 10.1'])
  })
})

test('a transaction of which nothing is delivered has no begin and no commit', () => {
  const groups = new Groups()
  groups.pass('a', place(10, 1))
  groups.endBatch(false, place(10, 1).time)
  expect(groups.isOpen).toBe(true)
  expect(groups.take()).toEqual([])
  groups.pass('a', place(10, 2))
  groups.change(null, place(11))
  expect(groups.take()).toEqual(['begin 11.1', 'change 1', 'commit 11.1'])
})

test('a transaction whose first and last events are left out begins with its first change', () => {
  const groups = new Groups()
  groups.pass('a', place(10, 1))
  groups.change('a', place(10, 2))
  groups.pass('a', place(10, 3))
  groups.pass(null, place(11))
  expect(groups.take()).toEqual(['begin a', 'change 1', 'commit 10.1'])
})
