import { expect } from 'vitest'
import type { Fix, StatementFix } from '../../src/model/fix.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { Probe, Reader } from '../../src/sources/source.ts'
import { Reading, readingContext } from '../support/reading.ts'
import type { TestedSource } from '../support/run-once.ts'
import type { StageDatabase } from './stage.ts'

export const never = new AbortController().signal

/** The source of this database. `about`: keys that override those of its entry. */
export async function sourceOf(
  { sources, entry }: StageDatabase,
  about: Readonly<Record<string, unknown>> = {},
): Promise<TestedSource> {
  const definition = await sources.load(String(entry['kind']))
  return { definition, config: definition.config.parse({ ...entry, ...about }) }
}

export async function probeOf({ definition, config }: TestedSource): Promise<Probe> {
  return await definition.probe(config, readingContext)
}

export async function readerOf({ definition, config }: TestedSource): Promise<Reader> {
  if (definition.reader === undefined) throw new Error(`sources of kind ${definition.kind} have no reader`)
  return await definition.reader(config, readingContext)
}

export async function readingOf(
  source: TestedSource,
  from: Offset | 'now',
  acknowledges: 'all' | 'none' = 'none',
): Promise<Reading> {
  return new Reading(await readerOf(source), from, acknowledges)
}

/** The offset at which a stream begins now. The reader is closed again. */
export async function firstOffsetOf(source: TestedSource): Promise<Offset> {
  await using reading = await readingOf(source, 'now')
  return await reading.firstOffset()
}

/** Runs the printed statements as a user does: those of the first alternative if there are several. There must be one. */
export async function runPrinted(database: StageDatabase, fixes: readonly Fix[]): Promise<void> {
  const statements = statementsOf(fixes)
  expect(statements, JSON.stringify(fixes)).not.toEqual([])
  for (const statement of statements) await database.run(statement)
}

function statementsOf(fixes: readonly Fix[]): readonly StatementFix[] {
  const other = fixes.findIndex((fix) => fix.in === 'alternative')
  return fixes
    .slice(0, other === -1 ? fixes.length : other)
    .flatMap((fix) => (fix.in === 'database' && fix.reads !== true ? [fix] : []))
}

/** The error of an operation that must fail. */
export async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return await work().then(
    (value) => expect.fail(`it did not fail, and gave ${JSON.stringify(value) ?? 'nothing'}`),
    (error: unknown) => error,
  )
}
