import type { ScriptForm } from '../../script-form.ts'

export const MONGODB_SCRIPT: ScriptForm = {
  name: 'mongosh',
  client: 'mongosh',
  comment: '// ',
  statement: (text, note) => `${text}${note === undefined ? '' : `  // ${note}`}`,
  enter: (database) => `use ${database}`,
}
