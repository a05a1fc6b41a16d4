import type { TlsConfig } from './source-config.ts'

/** What a parameter of the URL sets: a key of `tls`, or something of the source's own, which it finds in `ConnectionConfig.parameters`. */
export type UrlParameter =
  | { readonly sets: 'mode'; readonly values: Readonly<Record<string, TlsConfig['mode']>> }
  | { readonly sets: 'ca' | 'cert' | 'key' | 'servername' | 'own' }

/** The parameters that the URLs of a database can have. */
export interface UrlParameters {
  readonly known: Readonly<Record<string, UrlParameter>>
  /**
   * Names that other programs take and that are refused, each with what to write instead, or null. No message repeats any other name:
   * it may be a piece of a password.
   */
  readonly refused: Readonly<Record<string, string | null>>
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
