import type { ScriptForm } from '../../script-form.ts'
import { psqlConnect } from './quoting.ts'

export const PSQL_SCRIPT: ScriptForm = {
  name: 'sql',
  client: 'psql',
  comment: '-- ',
  statement: (text, note) => {
    // Without the semicolon, several pasted lines would be one statement.
    const ended = text.endsWith(';') ? text : `${text};`
    return note === undefined ? ended : `${ended}  -- ${note}`
  },
  enter: psqlConnect,
}
