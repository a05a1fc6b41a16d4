import type { TlsConfig } from '../source-config.ts'

/** What the words of an error need to know of a database's product. */
export interface Product {
  /** Its proper name: `PostgreSQL`. */
  readonly name: string
  /** A command for a shell that connects to the target with the product's own client. No password in it. */
  client(target: ServerTarget): string
  /** openssl's word for how a connection to the product changes to TLS; null: it begins with TLS. */
  readonly starttls: string | null
}

/** The server that a connection goes to, for the words of an error. */
export interface ServerTarget {
  readonly product: Product
  readonly host: string
  readonly port: number
  /** null: the connection is to the whole server. */
  readonly database: string | null
  readonly user: string
  readonly tls: TlsConfig['mode']
  /** A certificate of ours is shown to the server. */
  readonly certificate?: boolean
}

/** Where a connection is to one database of a server. */
export interface DatabaseTarget extends ServerTarget {
  readonly database: string
}

export function address(target: Pick<ServerTarget, 'host' | 'port'>): string {
  return `${target.host}:${target.port}`
}

/** What a connection is to, in words. */
export function place({ database, ...target }: Pick<ServerTarget, 'host' | 'port' | 'database'>): string {
  return database === null ? `the server ${address(target)}` : `the database ${database} on ${address(target)}`
}
