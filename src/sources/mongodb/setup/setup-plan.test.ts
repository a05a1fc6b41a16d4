import { describe, expect, it } from 'vitest'
import type { SetupVariant } from '../../setup.ts'
import { MONGODB } from '../definition.ts'

const VARIANT: SetupVariant = {
  source: 'shop',
  service: 'self-managed',
  readOnly: false,
  monitoring: true,
  schedulerDatabase: null,
  accountHost: null,
}

const planOf = (entry: Readonly<Record<string, unknown>>, variant: Partial<SetupVariant> = {}) =>
  MONGODB.setup.plan(
    MONGODB.config.parse({ kind: 'mongodb', url: 'mongodb://u:p@db.example', tables: ['shop.orders'], ...entry }),
    { ...VARIANT, ...variant },
  )

const textsOf = (plan: ReturnType<typeof planOf>) => plan.steps.flatMap(({ fix }) => fix.map(({ text }) => text))

describe('who is given the role that writes the heartbeats', () => {
  const WRITER = '{ role: "streamkap_heartbeat_writer", db: "admin" }'
  const granted = (entry: Readonly<Record<string, unknown>>) =>
    textsOf(planOf(entry)).flatMap((text) => {
      const [, user] = /grantRolesToUser: "(\w+)"/u.exec(text) ?? []
      return user !== undefined && text.includes(WRITER) ? [user] : []
    })

  it.each([
    [{ heartbeat: { source: { mode: 'table' } } }, ['u']],
    [{}, ['u']],
    [{ readOnly: true, primary: { host: 'other.example' } }, ['u']],
    [{ readOnly: true, primary: { url: 'mongodb://writer:p@other.example' } }, ['writer']],
    [{ readOnly: true }, []],
    [{ heartbeat: { source: 'off' } }, []],
  ])('%j: %j', (entry, users) => {
    expect(granted(entry)).toEqual(users)
  })

  it('a note names it where that user is not known', () => {
    const note = 'The user that the job logs in as needs the role streamkap_heartbeat_writer.'
    expect(planOf({ readOnly: true }).notes).toContain(note)
    expect(planOf({}).notes).not.toContain(note)
  })
})

it.each([
  { fullDocument: 'required' },
  { tables: [], fullDocumentBeforeChange: 'required' },
  { readOnly: true, primary: { host: 'x', user: 'w"r' } },
])('every printed command of %j is JavaScript', (entry) => {
  const statements = planOf(entry).steps.flatMap(({ fix }) =>
    fix.flatMap((each) => (each.in === 'database' ? [each.text] : [])),
  )
  expect(statements.length).toBeGreaterThan(5)
  for (const text of statements) expect(() => new Function(text), text).not.toThrow()
})

it('on Atlas the roles and the user are created by its own client', () => {
  const texts = textsOf(planOf({}, { service: 'atlas' }))
  expect(texts.filter((text) => /createRole|createUser/u.test(text))).toEqual([])
  expect(texts.filter((text) => text.startsWith('atlas customDbRoles create'))).toHaveLength(3)
  const stream = (entry: Readonly<Record<string, unknown>>) =>
    textsOf(planOf(entry, { service: 'atlas' })).find((text) => text.includes('create u_stream'))
  expect(stream({})).toMatch(
    /^atlas customDbRoles create u_stream --inheritedRole readAnyDatabase@admin --privilege COLL_STATS@local.oplog.rs,/u,
  )
  expect(stream({ heartbeat: { source: { schema: 'shop' } } })).toMatch(
    /^atlas customDbRoles create u_stream --privilege CHANGE_STREAM@shop,FIND@shop,LIST_COLLECTIONS@shop,COLL_STATS@/u,
  )
  expect(texts).toContain('atlas dbusers create --username u --role u_stream,streamkap_heartbeat_writer,u_monitor')
})

it('the form is in the words of MongoDB', () => {
  expect(planOf({}).form).toBe('read-write, a job outside the database updates the heartbeat collection')
})

it('on Atlas nothing is printed that Atlas refuses, and the note names its trigger', () => {
  const { steps, notes } = planOf({}, { service: 'atlas' })
  const all = steps.flatMap(({ fix }) => fix.map((each) => each.text + ('note' in each ? each.note : ''))).join('\n')
  expect(all).not.toMatch(/replSetResizeOplog|replSetInitiate|mongod|configuration file/u)
  expect(all).toContain('Minimum Oplog Window')
  expect(notes.join(' ')).toContain('`offbeat setup shop --as atlas`')
  expect(planOf({}).notes.join(' ')).not.toContain('--as atlas`')
})

it('the user of `primary` is created first, if there is none', () => {
  const { steps } = planOf({ readOnly: true, primary: { url: 'mongodb://writer:p@other.example' } })
  const step = steps.find(({ id }) => id === 'job-user-roles')
  expect(step?.fix.map(({ text }) => /createUser|grantRolesToUser/u.exec(text)?.[0])).toEqual([
    'createUser',
    'grantRolesToUser',
  ])
})
