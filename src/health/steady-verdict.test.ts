import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SteadyVerdict, steadyVerdict } from './steady-verdict.ts'

/** The possible results of an inspection. */
const SAYINGS = ['lost', 'at risk', null] as const
type Saying = (typeof SAYINGS)[number]

function next(name: Saying, why = 'why') {
  return name === null ? null : { name, why }
}

function after(names: readonly Saying[]): string | null {
  let steady: SteadyVerdict | null = null
  for (const name of names) steady = steadyVerdict(steady, next(name))
  return steady?.verdict?.name ?? null
}

test.each<[Saying[], Saying]>([
  [[null], null],
  [['at risk'], 'at risk'],
  [[null, 'at risk'], null],
  [[null, 'at risk', null], null],
  [[null, 'at risk', null, 'at risk'], null],
  [[null, 'at risk', 'at risk'], 'at risk'],
  [[null, 'at risk', 'lost'], null],
  [['at risk', null], 'at risk'],
  [['at risk', null, null], null],
  [['at risk', null, 'lost', null], null],
])('%j is %s', (verdicts, verdict) => {
  expect(after(verdicts)).toBe(verdict)
})

test('the reason is that of the newest inspection that agrees', () => {
  const first = steadyVerdict(null, next('at risk', 'a'))
  expect(steadyVerdict(first, next('at risk', 'b')).verdict?.why).toBe('b')
  expect(steadyVerdict(first, next('lost', 'c')).verdict?.why).toBe('a')
})

test('it is one of the last three inspections, and no single one changes it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...SAYINGS), { minLength: 3 }),
      fc.constantFrom(...SAYINGS),
      (verdicts, odd) => {
        const verdict = after(verdicts)
        expect(verdicts.slice(-3)).toContain(verdict)
        const last = verdicts.at(-1)
        if (last !== undefined && last === verdict) expect(after([...verdicts, odd])).toBe(verdict)
      },
    ),
  )
})
