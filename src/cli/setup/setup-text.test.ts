import { expect, it } from 'vitest'
import { MONGOSH, SQLCMD } from '../../../test/support/script-form.ts'
import { forPerson, inDatabase, inShell } from '../../model/fix.ts'
import type { StepCheck } from '../../setup/setup-check.ts'
import type { SetupPlan, SetupStep } from '../../sources/setup.ts'
import { styleFor } from '../terminal/style.ts'
import { checkedText, setupScript } from './setup-text.ts'

const step = (about: Partial<SetupStep> & Pick<SetupStep, 'fix'>): SetupStep => ({
  id: 'step',
  why: 'The reason.',
  by: 'setup',
  ...about,
})
const run = (text: string, at: string | null = null) => inDatabase(text, 'an administrator', { at })
const plan = (...steps: readonly SetupStep[]): SetupPlan => ({ form: 'a form', steps, notes: ['A note.'], outside: [] })

it("statements are ended, and entered, as the source's client takes them", () => {
  const steps = plan(
    step({ fix: [run('CREATE LOGIN u', 'master'), run('CREATE USER u', 'shop')] }),
    step({ fix: [run('GRANT SELECT TO u', 'shop')] }),
  )
  expect(setupScript(steps, SQLCMD, ['Prepares it.'])).toBe(`-- Prepares it.

-- The reason.
USE master
GO
CREATE LOGIN u
GO
USE shop
GO
CREATE USER u
GO
GRANT SELECT TO u
GO

-- A note.
`)
})

it('what is not to be pasted is a comment, in the marks of the client; a statement of no database enters none', () => {
  const steps = plan(
    step({ by: 'operator', fix: [forPerson('restart it'), inShell('restart'), run('db.check()', 'admin')] }),
    step({ onlyWhere: 'it is sharded', fix: [run('sh.status()')] }),
    step({ fix: [run('db.createUser({ pwd: "<password>" })')], placeholder: '"<password>"' }),
  )
  expect(setupScript(steps, MONGOSH, ['Prepares it.'])).toBe(`// Prepares it.
// Replace "<password>" with the password before you run it.

// The reason.
//   restart it
//   restart
//   use admin
//   db.check()
// Only where it is sharded:
//   sh.status()
db.createUser({ pwd: "<password>" })

// A note.
`)
})

it('after a comment that enters a database, the next statement enters its own again', () => {
  const steps = plan(
    step({ fix: [run('db.a()', 'shop')] }),
    step({ onlyWhere: 'it is sharded', fix: [run('sh.status()', 'admin')] }),
    step({ fix: [run('db.b()', 'shop')] }),
  )
  expect(setupScript(steps, MONGOSH, []).split('\n').slice(3, -3)).toEqual([
    'use shop',
    'db.a()',
    '// Only where it is sharded:',
    '//   use admin',
    '//   sh.status()',
    'use shop',
    'db.b()',
  ])
})

it('what `--apply` is about to run, and what is left to a person, has its database', () => {
  const NONE = { fixes: [], areComplete: false }
  const missing = { state: 'missing', found: [], remedies: NONE } as const
  const checks: readonly StepCheck[] = [
    { ...missing, step: step({ fix: [run('CREATE LOGIN u', 'master'), run('CREATE USER u', 'shop')] }) },
    { ...missing, step: step({ id: 'next', fix: [run('GRANT a TO u', 'shop')] }) },
    {
      ...missing,
      step: step({ by: 'operator', why: 'An index.', fix: [forPerson('add a key')] }),
      remedies: { fixes: [run('ALTER TABLE t', 'shop'), inShell('restart')], areComplete: false },
    },
  ]
  expect(checkedText(checks, SQLCMD, styleFor(false), 80)).toBe(`Do this yourself:
  An index.
  do: add a key
  sqlcmd: USE shop
          GO
          ALTER TABLE t
          GO
  run: restart
To run, in this order:
  The reason.
    USE master
    GO
    CREATE LOGIN u
    GO
    USE shop
    GO
    CREATE USER u
    GO
    GRANT a TO u
    GO
`)
})
