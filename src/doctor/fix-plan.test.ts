import { expect, test } from 'vitest'
import { inDatabase, inShell } from '../model/fix.ts'
import { advice, type CheckFinding, type CheckFix } from '../sources/check.ts'
import { planFixes } from './fix-plan.ts'

function planOf(fix: readonly CheckFix[], done?: ReadonlySet<string>) {
  const finding: CheckFinding = {
    id: 'mysql.heartbeat-grants',
    symptom: 2,
    title: 'grants',
    status: 'fail',
    code: 'HEARTBEAT_DENIED',
    found: '',
    expected: '',
    fix,
  }
  return planFixes({ name: 'shop', kind: 'mysql', findings: [finding], error: null }, done)
}

const GRANT = inDatabase("GRANT UPDATE ON streamkap.streamkap_heartbeat TO 'streamkap_user'@'%'", 'an administrator')
const ROLE = inDatabase('db.grantRolesToUser("streamkap_user", ["streamkap_heartbeat"])', 'an administrator', {
  at: 'admin',
})

test('a statement of no one database and a command of mongosh are run, each once', () => {
  const fix = [GRANT, ROLE, GRANT].map((each) => ({ ...each, manualBecause: null }))
  const plan = planOf(fix)
  const check = 'mysql.heartbeat-grants'
  expect(plan).toEqual({ run: [GRANT, ROLE].map((each) => ({ ...each, check })), manual: [] })
})

test('the same statement in another database is another one', () => {
  const there = { ...GRANT, at: 'other', manualBecause: null }
  expect(planOf([{ ...GRANT, manualBecause: null }, there]).run).toHaveLength(2)
})

test('what has a reason, and what is no statement, is left to a person', () => {
  const fix = [
    { ...GRANT, manualBecause: 'it is optional' },
    { ...inShell('offbeat run'), manualBecause: null },
    advice('x'),
  ]
  expect(planOf(fix)).toMatchObject({ run: [], manual: fix })
})
