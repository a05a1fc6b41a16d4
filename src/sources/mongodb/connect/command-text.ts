import type { JsonValue } from '../../../model/json.ts'

/** A command for one database, as it is printed for mongosh and as an administrator's session runs it. */
export interface ShellCommand {
  readonly database: string
  readonly command: { readonly [name: string]: JsonValue }
}

const SHELL_FORM = /^db\.getSiblingDB\(("(?:[^"\\]|\\.)*")\)\.runCommand\(([\s\S]*)\)$/
const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/

/** `db.getSiblingDB("admin").runCommand({ ping: 1 })`. What is pasted into mongosh is the same command that we run. */
export function shellCommandText({ database, command }: ShellCommand): string {
  return `db.getSiblingDB(${JSON.stringify(database)}).runCommand(${literal(command)})`
}

/** Splits such a text into the database and the text of the command; null: it is another statement. */
export function splitShellCommand(text: string): { readonly database: string; readonly command: string } | null {
  const [, database, command] = SHELL_FORM.exec(text) ?? []
  return database === undefined || command === undefined ? null : { database: JSON.parse(database), command }
}

/** A literal of the shell. Names without special characters have no quotes. */
function literal(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, each]) => {
    const shown = PLAIN_NAME.test(name) ? name : JSON.stringify(name)
    return `${shown}: ${literal(each ?? null)}`
  })
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
