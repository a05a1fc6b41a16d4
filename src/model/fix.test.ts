import { expect, test } from 'vitest'
import { alternative, fixDocument, forPerson, inDatabase, inFile, inShell, parsedFixes, query } from './fix.ts'

test('a fix is the same after its way through JSON, and what is none is left out', () => {
  const fixes = [
    inDatabase('db.grantRolesToUser("u", ["read"])', 'a user administrator', { at: 'admin' }),
    query('SHOW MASTER STATUS', 'a user with REPLICATION CLIENT', { note: 'it shows the file' }),
    inShell('offbeat run', { by: 'you' }),
    inFile('slot: a'),
    forPerson('restart it'),
    alternative('or not'),
  ]
  const json: unknown = JSON.parse(JSON.stringify(fixes.map((fix) => fixDocument(fix))))
  expect(parsedFixes(json)).toEqual(fixes)
  // The form in a store of an earlier version.
  expect(parsedFixes('SELECT 1;')).toEqual([])
  expect(parsedFixes(['SELECT 1', null, { in: 'elsewhere', text: '' }, { in: 'database', text: 1 }])).toEqual([])
})

test('what is cleaned of secrets is the text and the note', () => {
  const clean = (text: string) => text.replace('x', '[redacted]')
  expect(fixDocument(inShell('psql x', { note: 'as x' }), clean)).toEqual({
    in: 'shell',
    text: 'psql [redacted]',
    note: 'as [redacted]',
  })
})
