import type { TlsConfig } from '../../source-config.ts'

/** Whom we talk to, for the words of an error. */
export interface ServerTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly tls: TlsConfig['mode']
  /** A certificate of ours is shown to the server. */
  readonly certificate?: boolean
}

export function address(target: Pick<ServerTarget, 'host' | 'port'>): string {
  return `${target.host}:${target.port}`
}
