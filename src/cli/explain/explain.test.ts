import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { recordingContext } from '../../../test/support/recording-context.ts'
import { ERROR_TABLE } from '../../model/error-code.ts'
import { runProgram } from '../program/program.ts'
import { explainCommand } from './explain.ts'

async function explain(...words: readonly string[]) {
  const context = recordingContext()
  const code = await runProgram([explainCommand], ['explain', ...words], context, '1.2.3')
  return { code, out: context.stdout.text, err: context.stderr.text }
}

test.each(['POSTGRES_SLOT_IN_USE', 'postgres_slot_in_use', 'postgres-slot-in-use'])('%s is explained', async (word) => {
  const { code, out, err } = await explain(word)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatchInlineSnapshot(`
    "POSTGRES_SLOT_IN_USE
      meaning  The replication slot is being read by another connection.
      do       It is retried. If the other connection is not an old one of Offbeat,
               stop it, or configure another \`slot\`.
      kind     Transient: passes, or needs a check of the network or the server.
      retried  yes, a running connector retries it automatically
      exit     code 4 of a command that ends with it
      docs     docs/errors.md#postgres_slot_in_use
    "
  `)
})

test('every code is explained as the table has it, and where its page explains it', async () => {
  const { code, out } = await explain('--json')
  expect(code).toBe(0)
  const { codes } = JSON.parse(out)
  expect(Object.keys(ERROR_TABLE)).toHaveLength(codes.length)
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const anchors = [...page.matchAll(/^### (\w+)$/gmu)].map(
    ([, heading = '']) => `docs/errors.md#${heading.toLowerCase()}`,
  )
  for (const one of codes) {
    expect(ERROR_TABLE).toMatchObject({ [one.code]: { summary: one.summary, cure: one.cure, retry: one.retry } })
    expect(anchors).toContain(one.documentation)
    const alone = await explain(one.code, '--json')
    expect(JSON.parse(alone.out)).toEqual({ version: 1, ...one })
  }
})

test('without a code all codes are listed with their meaning', async () => {
  const { code, out } = await explain()
  expect(code).toBe(0)
  for (const name of Object.keys(ERROR_TABLE)) expect(out).toMatch(new RegExp(`^  ${name}  `, 'mu'))
})

test.each([
  ['POSTGRES_SLOT_IN_USED', 'POSTGRES_SLOT_IN_USE'],
  ['STORE_OWED', 'STORE_OWNED'],
  ['slot_in_use', 'POSTGRES_SLOT_IN_USE'],
])('the misspelt code %s is answered with %s and the exit code 2', async (word, meant) => {
  const { code, out, err } = await explain(word)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(`expected: did you mean ${meant}`)
  expect(err).toContain(`offbeat explain ${meant}`)
})

test('a word that is near no code is answered with the list', async () => {
  const { code, err } = await explain('nothing')
  expect(code).toBe(2)
  expect(err).toContain('offbeat explain  # lists all codes')
})
