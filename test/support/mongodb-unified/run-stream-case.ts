import type { ChangeStream, ChangeStreamOptions, CommandStartedEvent, Document, MongoClient } from 'mongodb'
import { MongoServerError } from 'mongodb'
import { expect } from 'vitest'
import { waitFor } from '../wait-for.ts'
import type { Deployment } from './deployment.ts'
import { named } from './named.ts'
import type { Failure, Step, StreamCase } from './unified-case.ts'

const APP_NAME = 'unified'
/** So that a cursor is soon free to be closed. */
const AWAIT_MS = 100
const ALSO_SENT = new Set(['killCursors', 'endSessions'])

/** null: it was run, and went as it must. Else why it was not run. */
export async function runStreamCase(on: Deployment, given: StreamCase): Promise<string | null> {
  const reason = await on.reasonAgainst(given, given.failPoint ?? null)
  if (reason !== null) return reason
  const names = on.names()
  const one = named(given, names)
  await carryOut(on, [{ in: String(names['db0']), run: { create: 'coll0' } }, ...(one.before ?? [])])
  if (one.failPoint !== undefined) await on.setFailPoint(one.failPoint, APP_NAME)
  try {
    await watchAndCheck(on, one, String(names['db0']))
  } finally {
    if (one.failPoint !== undefined) await on.removeFailPoint(one.failPoint)
  }
  return null
}

async function watchAndCheck(on: Deployment, one: StreamCase, db: string): Promise<void> {
  await using client = on.observed(APP_NAME)
  const sent: Document[] = []
  let opened = false
  client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
    if (!ALSO_SENT.has(commandName)) sent.push(command)
  })
  client.on('commandSucceeded', ({ commandName }) => {
    opened ||= commandName === 'aggregate'
  })
  await using stream = watch(client, one, db)
  // The driver opens a stream when it is first read.
  let next = new NextEvent(stream)
  await waitFor({ until: 'the stream is open' }, () => opened || next.outcome !== null)
  await carryOut(on, one.steps ?? [])
  for (const [at, event] of (one.gets ?? []).entries()) {
    if (at > 0) next = new NextEvent(stream)
    expectEvent(await next.settled(), event)
  }
  if (one.fails !== undefined) expectFailure(await next.settled(), one.fails)
  for (const [at, command] of (one.sends ?? []).entries()) {
    await waitFor({ until: `command ${at + 1} was sent` }, () => sent.length > at)
    expectFields(sent[at], command)
  }
}

function watch(
  client: MongoClient,
  { watch: scope, pipeline = [], options = {} }: StreamCase,
  db: string,
): ChangeStream {
  const all: ChangeStreamOptions = { maxAwaitTimeMS: AWAIT_MS, ...options }
  if (scope === 'cluster') return client.watch([...pipeline], all)
  const database = client.db(db)
  return scope === 'database'
    ? database.watch([...pipeline], all)
    : database.collection('coll0').watch([...pipeline], all)
}

async function carryOut(on: Deployment, steps: readonly Step[]): Promise<void> {
  for (const { in: db, run } of steps) await on.other.db(db).command(run)
}

type Outcome = { readonly event: Document } | { readonly error: unknown }

/** The driver asks until there is an event, or an error after which it does not resume. */
class NextEvent {
  outcome: Outcome | null = null

  constructor(stream: ChangeStream) {
    stream.next().then(
      (event) => {
        this.outcome = { event }
      },
      (error: unknown) => {
        this.outcome = { error }
      },
    )
  }

  async settled(): Promise<Outcome> {
    await waitFor({ until: 'the stream has an event or ends' }, () => this.outcome !== null)
    return this.outcome ?? expect.fail('no outcome')
  }
}

function expectEvent(outcome: Outcome, expected: Document): void {
  if ('error' in outcome) throw outcome.error
  expectFields(outcome.event, expected)
}

/** It may have more fields. A field that is expected to be undefined must not be there. */
function expectFields(actual: Document | undefined, expected: Document): void {
  const compared = Object.fromEntries(Object.keys(expected).map((name) => [name, actual?.[name]]))
  expect(compared, JSON.stringify(actual)).toEqual(expected)
}

function expectFailure(outcome: Outcome, { code, label, withoutLabel }: Failure): void {
  if ('event' in outcome) expect.fail(`no error, but ${JSON.stringify(outcome.event)}`)
  const { error } = outcome
  if (!(error instanceof MongoServerError)) throw error
  if (code !== undefined) expect(error.code).toBe(code)
  if (label !== undefined) expect(error.errorLabels).toContain(label)
  if (withoutLabel !== undefined) expect(error.errorLabels).not.toContain(withoutLabel)
}
