import { type DataWords, TABLE_WORDS } from '../../model/data-words.ts'
import type { ScriptForm } from '../../sources/script-form.ts'

/** The part of a database's definition that has its terms. */
interface Described {
  readonly script: ScriptForm
  readonly defaults: { readonly words: DataWords }
}

/** What a source's database calls its data, and how statements for it are written. */
export interface SourceTerms {
  readonly script: ScriptForm
  readonly words: DataWords
}

/** The terms of each source, by its name. Known once the configuration is loaded. */
export class ScriptForms {
  readonly #bySource = new Map<string, SourceTerms>()

  add(source: string, { script, defaults: { words } }: Described): void {
    this.#bySource.set(source, { script, words })
  }

  of(source: string): ScriptForm {
    return this.termsOf(source).script
  }

  termsOf(source: string): SourceTerms {
    return this.#bySource.get(source) ?? UNKNOWN
  }

  /** The form for an error that ended a command: that of the sources that the command names, or of all sources if it names none. */
  ofCommand(words: readonly string[]): ScriptForm {
    const named = words.flatMap((word) => this.#bySource.get(word) ?? [])
    const forms = new Set([...(named.length > 0 ? named : this.#bySource.values())].map(({ script }) => script))
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

const UNKNOWN: SourceTerms = { script: UNMARKED, words: TABLE_WORDS }
