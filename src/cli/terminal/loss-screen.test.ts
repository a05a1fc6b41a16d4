import { expect, test } from 'vitest'
import { MONGOSH, SQLCMD } from '../../../test/support/script-form.ts'
import { inDatabase, inFile, inShell } from '../../model/fix.ts'
import type { Loss } from '../../model/loss.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import { lossLines } from './loss-screen.ts'
import { styleFor } from './style.ts'

const missing = { words: 'All of it.', from: '1', fromShort: '1', until: null, storedMs: 0, sinceMs: 0, bytes: null }
const run = [inDatabase('DROP x', 'an administrator', { note: 'ours' }), inFile('url: new'), inShell('offbeat run')]
const loss: Loss = { evidence: [{ name: 'offset', value: '1' }], missing, choices: [{ what: 'Go', cost: 'all', run }] }

function choice(script: ScriptForm): string {
  const lines = lossLines(loss, { style: styleFor(false), width: 80, nowMs: null, timeZone: 'UTC', script })
  return lines.slice(lines.indexOf('     cost: all') + 1).join('\n')
}

test("a choice's statements stand behind the name of the client that takes them, with its marks", () => {
  expect(choice(SQLCMD)).toBe(
    '     sqlcmd: DROP x  -- ours\n             GO\n     file:   url: new\n     run:    offbeat run',
  )
  expect(choice(MONGOSH)).toBe('     mongosh: DROP x  // ours\n     file:    url: new\n     run:     offbeat run')
})
