import { OffbeatError } from '../../src/model/error.ts'
import { PSQL_SCRIPT } from '../../src/sources/postgresql/connect/psql-script.ts'
import { textsOf } from './fix-script.ts'
import { blocksOfError } from './printed-block.ts'
import { pasteIntoPsql } from './psql.ts'

type Server = Parameters<typeof pasteIntoPsql>[0]

/** Matches a block for a shell. */
const SHELL = /^(?:# .*\n)*(?:offbeat|openssl|psql) /u

/**
 * Pastes what the error prints into psql, block by block. If there are alternatives, it uses the one whose text matches, otherwise the
 * first. `fillIn`: replaces the placeholders in angle brackets, as a user does.
 */
export async function pasteErrorFix(
  error: unknown,
  at: { readonly server: Server; readonly name: string },
  choice: RegExp | null = null,
  fillIn: (text: string) => string = (text) => text,
): Promise<void> {
  if (!(error instanceof OffbeatError)) throw new Error(`no error of ours: ${String(error)}`)
  const chosen = blocksOfError(error, PSQL_SCRIPT).filter(({ alternative }) =>
    choice === null ? alternative === null : choice.test(alternative ?? ''),
  )
  const statements = chosen.filter(({ text }) => !SHELL.test(text))
  if (statements.length === 0)
    throw new Error(`${error.code} prints nothing to paste: ${textsOf(error.fix).join('\n')}`)
  for (const { text } of statements) await pasteIntoPsql(at.server, at.name, fillIn(text))
}
