import { expect, it } from 'vitest'
import { MONGOSH, SQLCMD } from '../../../test/support/script-form.ts'
import { forPerson, inDatabase, inShell } from '../../model/fix.ts'
import type { SetupPlan, SetupStep } from '../../sources/setup.ts'
import { setupScript } from './setup-text.ts'

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
//   db.check()
// Only where it is sharded:
//   sh.status()
db.createUser({ pwd: "<password>" })

// A note.
`)
})
