import type { TlsConfig } from '../source-config.ts'

/** What error messages need to know about a database product. */
export interface Product {
  /** Its proper name: `PostgreSQL`. */
  readonly name: string
  /** A shell command that connects to the target with the product's own client. Contains no password. */
  client(target: ServerTarget): string
  /** The value of openssl's `-starttls` for this product; null: a connection begins with TLS. */
  readonly starttls: string | null
}

/** The server of a connection, for error messages. */
export interface ServerTarget {
  readonly product: Product
  readonly host: string
  readonly port: number
  /** null: the connection is to the whole server. */
  readonly database: string | null
  readonly user: string
  /** The database in which the user is defined, where users are defined in databases. Absent: not known, or they are not. */
  readonly loginDatabase?: string
  /** The hosts that the user's account is for. Absent: not known yet, or accounts of the product have no hosts. */
  readonly accountHost?: string
  readonly tls: TlsConfig['mode']
  /** We present a client certificate. */
  readonly certificate?: boolean
}

/** The target of a connection to one database of a server. */
export interface DatabaseTarget extends ServerTarget {
  readonly database: string
}

export function address(target: Pick<ServerTarget, 'host' | 'port'>): string {
  return `${target.host}:${target.port}`
}

/** The target of a connection, in words. */
export function targetInWords({ database, ...target }: Pick<ServerTarget, 'host' | 'port' | 'database'>): string {
  return database === null ? `the server ${address(target)}` : `the database ${database} on ${address(target)}`
}
