import { expect, test } from 'vitest'
import { forPerson, inDatabase, inShell } from '../../model/fix.ts'
import { SOURCES } from '../../sources/registry.ts'
import { UNMARKED } from '../program/script-forms.ts'
import { fixLines } from './fix-text.ts'
import { styleFor } from './style.ts'

const FIXES = [inDatabase('one()', 'anyone'), inDatabase('two()', 'anyone'), inShell('offbeat run'), forPerson('wait')]

const layout = { width: 80, style: styleFor(false), lead: (label: string) => `  ${`${label}:`.padEnd(10)}` }

test.each(SOURCES.kinds)(
  'a statement of %s is labelled with the client that it is for, a command is not',
  async (kind) => {
    const { script } = await SOURCES.load(kind)
    const client = { postgresql: 'psql', mysql: 'mysql', mariadb: 'mariadb', mongodb: 'mongosh' }[kind]
    expect(fixLines(FIXES, { ...layout, script })).toEqual([
      `  ${`${client}:`.padEnd(10)}${script.statement('one()')}`,
      `            ${script.statement('two()')}`,
      '  run:      offbeat run',
      '  do:       wait',
    ])
  },
)

test('a statement of a source that is not known is not labelled as a command either', () => {
  expect(fixLines(FIXES, { ...layout, script: UNMARKED }).slice(0, 2)).toEqual([
    '  client:   one()',
    '            two()',
  ])
})
