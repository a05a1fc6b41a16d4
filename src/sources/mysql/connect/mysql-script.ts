import type { ScriptForm } from '../../script-form.ts'
import type { MysqlKind } from '../config.ts'
import { quoteName } from './quoting.ts'

/** The name of each product's own client is the name of its kind. */
export function mysqlScript(client: MysqlKind): ScriptForm {
  return {
    name: 'sql',
    client,
    comment: '-- ',
    statement: (text, note) => {
      const ended = text.endsWith(';') ? text : `${text};`
      return note === undefined ? ended : `${ended}  -- ${note}`
    },
    // In the client, USE is a command of its own. With the semicolon it is also a statement for other clients.
    enter: (database) => `USE ${quoteName(database)};`,
  }
}
