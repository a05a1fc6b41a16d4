import type { TlsConfig } from './source-config.ts'

/** What a URL parameter sets: a key of `tls`, or a setting of the source itself, which it finds in `ConnectionConfig.parameters`. */
export type UrlParameter =
  | { readonly sets: 'mode'; readonly values: Readonly<Record<string, TlsConfig['mode']>> }
  | { readonly sets: 'ca' | 'cert' | 'key' | 'servername' }
  /** `repeats`: it can be given several times. */
  | { readonly sets: 'own'; readonly repeats?: true }

/** The parameters that a database's URLs can have. */
export interface UrlParameters {
  readonly known: Readonly<Record<string, UrlParameter>>
  /**
   * Names that other programs accept and we refuse, each with what to write instead, or null. No message contains any other unknown name:
   * it may be a piece of a password.
   */
  readonly refused: Readonly<Record<string, string | null>>
  /** What is wrong with the parameters together; null: nothing. Absent: nothing can be. */
  readonly mistake?: (parameters: OwnParameters) => { readonly message: string; readonly expected: string } | null
}

/** The settings of the source itself, by name. */
export type OwnParameters = Readonly<Record<string, string>>

/** Between the values of a parameter that is given several times. No URL contains it. */
const BETWEEN = '\n'

export function ownParameters(
  given: readonly (readonly [name: string, value: string])[],
  parameters: UrlParameters,
): OwnParameters {
  const own: Record<string, string> = {}
  for (const [name, value] of given) {
    if (urlParameter(parameters, name)?.sets !== 'own') continue
    own[name] = own[name] === undefined ? value : `${own[name]}${BETWEEN}${value}`
  }
  return own
}

export function valuesOf(value: string): readonly string[] {
  return value.split(BETWEEN)
}

export function urlParameter({ known }: UrlParameters, name: string): UrlParameter | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined
}

export function unknownParameter({ refused }: UrlParameters, name: string): string {
  if (!Object.hasOwn(refused, name)) return 'has an unknown parameter'
  const instead = refused[name] ?? null
  return instead === null
    ? `has the parameter ${name}, which is not supported`
    : `has the parameter ${name}; ${instead}`
}
