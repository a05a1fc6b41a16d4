import type { ScriptForm } from '../../setup.ts'
import { psqlConnect } from '../connect/quoting.ts'

export const PSQL_SCRIPT: ScriptForm = {
  name: 'sql',
  client: 'psql',
  comment: '-- ',
  statement: (text) => `${text};`,
  enter: psqlConnect,
}
