import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VERDICTS, type VerdictName } from '../model/verdict.ts'
import { type SteadyVerdict, steadyVerdict } from './steady-verdict.ts'

function after(names: readonly VerdictName[]): VerdictName | undefined {
  let steady: SteadyVerdict | null = null
  for (const [index, name] of names.entries()) steady = steadyVerdict(steady, { name, why: `look ${index}` })
  return steady?.verdict.name
}

test.each<[VerdictName[], VerdictName]>([
  [['idle'], 'idle'],
  [['idle', 'stale'], 'idle'],
  [['idle', 'stale', 'idle'], 'idle'],
  [['idle', 'stale', 'idle', 'stale'], 'idle'],
  [['idle', 'stale', 'stale'], 'stale'],
  [['idle', 'stale', 'flowing'], 'idle'],
  [['idle', 'stale', 'flowing', 'flowing'], 'flowing'],
  [['blind', 'flowing', 'idle', 'flowing'], 'flowing'],
])('%j is %s', (looks, verdict) => {
  expect(after(looks)).toBe(verdict)
})

test('the reason is that of the newest look that agrees', () => {
  const first = steadyVerdict(null, { name: 'idle', why: 'a' })
  expect(steadyVerdict(first, { name: 'idle', why: 'b' }).verdict.why).toBe('b')
  expect(steadyVerdict(first, { name: 'stale', why: 'c' }).verdict.why).toBe('a')
})

test('it is one of the last three looks, and no single look changes it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...VERDICTS), { minLength: 3 }),
      fc.constantFrom(...VERDICTS),
      (looks, odd) => {
        const verdict = after(looks)
        expect(looks.slice(-3)).toContain(verdict)
        const last = looks.at(-1)
        if (last !== undefined && last === verdict) expect(after([...looks, odd])).toBe(verdict)
      },
    ),
  )
})
