import { type DataWords, TABLE_WORDS } from '../../model/data-words.ts'
import type { ScriptForm } from '../../sources/script-form.ts'

/** How to write the statements that are printed for each source, and its words, by the source's name. Known once the configuration is loaded. */
export class ScriptForms {
  readonly #bySource = new Map<string, ScriptForm>()
  readonly #words = new Map<string, DataWords>()

  add(source: string, form: ScriptForm, words: DataWords): void {
    this.#bySource.set(source, form)
    this.#words.set(source, words)
  }

  of(source: string): ScriptForm {
    return this.#bySource.get(source) ?? UNMARKED
  }

  wordsOf(source: string): DataWords {
    return this.#words.get(source) ?? TABLE_WORDS
  }

  /** The form for an error that ended a command: that of the sources that the command names, or of all sources if it names none. */
  ofCommand(words: readonly string[]): ScriptForm {
    const named = words.flatMap((word) => this.#bySource.get(word) ?? [])
    const forms = new Set(named.length > 0 ? named : this.#bySource.values())
    const [only] = forms
    return only === undefined || forms.size > 1 ? UNMARKED : only
  }
}

/** Used if the source is not known. It has no client's syntax, which would be wrong in another client. */
export const UNMARKED: ScriptForm = {
  name: 'text',
  client: 'client',
  comment: '',
  statement: (text, note) => (note === undefined ? text : `${text}  (${note})`),
  enter: (database) => `in the database ${database}:`,
}
