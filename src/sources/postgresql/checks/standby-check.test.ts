import { expect, test } from 'vitest'
import type { Evidence } from './evidence/evidence.ts'
import { feedbackCheck, replayCheck } from './standby-check.ts'

test('the fix for a standby states that it is run there, and not on the primary', () => {
  const evidence = {
    use: { settings: new Map([['hot_standby_feedback', 'off']]) },
    standby: { paused: true },
    facts: { commandLine: [], alterSystem: true },
    config: { connection: { database: 'shop' } },
  } as unknown as Evidence
  const fixes = [feedbackCheck, replayCheck].flatMap((check) => check.run(evidence)?.fix ?? [])
  expect(fixes).toHaveLength(3)
  for (const fix of fixes) expect(fix).toMatchObject({ in: 'database', by: 'a superuser, on the standby' })
})
