export type Environment = Readonly<Record<string, string | undefined>>

export interface Substitution {
  readonly text: string
  /** Names of variables that are not set and have no default. */
  readonly unset: readonly string[]
  /** How many times a `${` does not begin a variable. */
  readonly malformed: number
}

const form = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g

/**
 * Replaces `${NAME}` and `${NAME:-default}` with values from the environment. The default also applies if the variable is empty. `$${` is a
 * literal `${`. If the text before the variable is the start of a URL, the value is percent-encoded. A variable that is the whole URL is
 * used unchanged.
 */
export function substitute(text: string, environment: Environment, isUrl: boolean): Substitution {
  const unset: string[] = []
  let malformed = 0
  const replaced = text.replace(form, (match, name: string | undefined, fallback: string | undefined, at: number) => {
    if (match === '$${') return '${'
    if (name === undefined) {
      malformed++
      return match
    }
    const value = lookUp(environment, name, fallback)
    if (value === undefined) unset.push(name)
    return isUrl && text.slice(0, at).includes('://') ? encodeURIComponent(value ?? '') : (value ?? '')
  })
  return { text: replaced, unset, malformed }
}

function lookUp(environment: Environment, name: string, fallback: string | undefined): string | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  return fallback === undefined ? value : value || fallback
}

/** The text with its variables removed and their defaults kept: only what the file itself contains. */
export function withDefaultsAlone(text: string): string {
  return substitute(text, {}, false).text
}

/** The text as written, without the defaults of its variables, because those can be secrets. */
export function withoutDefaults(text: string): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*):-[^}]*\}/g, (_, name) => `\${${name}}`)
}
