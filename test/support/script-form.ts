import type { ScriptForm } from '../../src/sources/script-form.ts'

/** The script syntax of two clients that have little in common. */
export const SQLCMD: ScriptForm = {
  name: 'sql',
  client: 'sqlcmd',
  comment: '-- ',
  statement: (text, note) => `${text}${note === undefined ? '' : `  -- ${note}`}\nGO`,
  enter: (database) => `USE ${database}\nGO`,
}

export const MONGOSH: ScriptForm = {
  name: 'mongosh',
  client: 'mongosh',
  comment: '// ',
  statement: (text, note) => `${text}${note === undefined ? '' : `  // ${note}`}`,
  enter: (database) => `use ${database}`,
}
