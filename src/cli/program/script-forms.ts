import type { ScriptForm } from '../../sources/script-form.ts'

/** By the names of sources: how the statements that are printed for each are written. Known once the configuration is loaded. */
export class ScriptForms {
  readonly #bySource = new Map<string, ScriptForm>()

  add(source: string, form: ScriptForm): void {
    this.#bySource.set(source, form)
  }

  of(source: string): ScriptForm {
    return this.#bySource.get(source) ?? UNMARKED
  }

  /** Of what ended a command: of the sources that its words name, or of all where they name none. */
  ofCommand(words: readonly string[]): ScriptForm {
    const named = words.flatMap((word) => this.#bySource.get(word) ?? [])
    const forms = new Set(named.length > 0 ? named : this.#bySource.values())
    const [only] = forms
    return only === undefined || forms.size > 1 ? UNMARKED : only
  }
}

/** Where the source is not known: no client's marks, since they would be wrong in another. */
export const UNMARKED: ScriptForm = {
  name: 'text',
  client: 'the client',
  comment: '',
  statement: (text, note) => (note === undefined ? text : `${text}  (${note})`),
  enter: (database) => `in the database ${database}:`,
}
