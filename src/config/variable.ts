export type Environment = Readonly<Record<string, string | undefined>>

export interface Substitution {
  readonly text: string
  /** Names that are not set and have no default. */
  readonly unset: readonly string[]
  /** How often a `${` begins no variable. */
  readonly malformed: number
}

const form = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g

/**
 * Puts the environment's values in place of `${NAME}` and `${NAME:-default}` (the default also where the variable is empty);
 * `$${` is a `${` itself. Where the text is a URL written out up to the variable, the value is percent-encoded; a variable that is the
 * whole URL is taken as it is.
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

/** The text without its variables, and with their defaults: what the file itself says. */
export function withDefaultsAlone(text: string): string {
  return substitute(text, {}, false).text
}

/** The text as written, without the variables' defaults: they may be secrets. */
export function withoutDefaults(text: string): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*):-[^}]*\}/g, (_, name) => `\${${name}}`)
}
