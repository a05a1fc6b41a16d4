import type { JobFacts } from './facts.ts'

const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g
/** The column's name is unquoted, or in the quotes of any of the databases. */
const ROW = /\bwhere\b[^;]*?(?<!\w)["`[]?id["`\]]?\s*=\s*'?(\d+)'?/i
/** An upsert names the row in its VALUES, not in a WHERE. */
const UPSERT = /\bon\s+(conflict|duplicate\s+key)\b/i

/** Which row of the heartbeat table a job's SQL command changes. The command itself is never shown. */
export function rowOfCommand(command: string): Pick<JobFacts, 'row' | 'rowInWords'> {
  const row = changedRow(command.replaceAll(COMMENT, ' '))
  if (typeof row === 'string' || row === null) return { row, rowInWords: 'does not update a row by its id' }
  return { row: row.id === '1' ? 'the row' : 'another row', rowInWords: `updates the row with id = ${row.id}` }
}

function changedRow(command: string): { readonly id: string } | 'no row' | null {
  if (!/\bupdate\b/i.test(command)) return /^\s*(insert\s+into|delete\s+from)\b/i.test(command) ? 'no row' : null
  const [, id] = ROW.exec(command) ?? []
  if (id !== undefined) return { id }
  return UPSERT.test(command) ? null : 'no row'
}
