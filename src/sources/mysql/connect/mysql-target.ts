import { shellWord } from '../../../model/shell-word.ts'
import type { Host } from '../../connect/host-order.ts'
import type { Product, ServerTarget } from '../../connect/server-target.ts'
import type { TlsConfig } from '../../source-config.ts'
import type { MysqlConfig, MysqlKind } from '../config.ts'

const SSL_MODES: Readonly<Record<TlsConfig['mode'], readonly string[]>> = {
  disable: ['--ssl-mode=DISABLED'],
  require: ['--ssl-mode=REQUIRED'],
  'verify-ca': ['--ssl-mode=VERIFY_CA'],
  'verify-full': ['--ssl-mode=VERIFY_IDENTITY'],
}

/** MariaDB's client has no mode that checks the certificate authority but not the host name. */
const MARIADB_SSL: Readonly<Record<TlsConfig['mode'], readonly string[]>> = {
  disable: ['--skip-ssl'],
  require: ['--ssl', '--skip-ssl-verify-server-cert'],
  'verify-ca': ['--ssl'],
  'verify-full': ['--ssl', '--ssl-verify-server-cert'],
}

const PRODUCTS: Readonly<Record<MysqlKind, Product>> = {
  mysql: { name: 'MySQL', client: (target) => interactive('mysql', target), starttls: 'mysql' },
  mariadb: { name: 'MariaDB', client: (target) => interactive('mariadb', target), starttls: 'mysql' },
}

/** The client prompts for the password. */
function interactive(kind: MysqlKind, target: ServerTarget): string {
  const [program, ...words] = clientWords(kind, target)
  const tls = words.splice(-tlsWords(kind, target).length)
  return [program, ...words, '--password', ...tls].map((word) => inShell(word ?? '')).join(' ')
}

/** Only the value after the equals sign may need quotes. */
function inShell(word: string): string {
  const value = word.indexOf('=') + 1
  return `${word.slice(0, value)}${shellWord(word.slice(value))}`
}

type ClientTarget = Pick<ServerTarget, 'host' | 'tls' | 'user'> & { readonly port: number | null }

/**
 * The product's own client and its arguments, unquoted, without a password. `--protocol=TCP` is needed because the clients use the Unix
 * socket for the host `localhost`.
 */
export function clientWords(kind: MysqlKind, target: ClientTarget): string[] {
  const { host, port, user } = target
  const words = [kind, '--protocol=TCP', `--host=${host}`, `--port=${port ?? 3306}`, `--user=${user}`]
  return [...words, ...tlsWords(kind, target)]
}

function tlsWords(kind: MysqlKind, { tls }: Pick<ServerTarget, 'tls'>): readonly string[] {
  return kind === 'mysql' ? SSL_MODES[tls] : MARIADB_SSL[tls]
}

export function targetOf({ host, port }: Host, { kind, connection }: MysqlConfig): ServerTarget {
  const { user, tls } = connection
  return {
    product: PRODUCTS[kind],
    host,
    port,
    database: null,
    user,
    tls: tls.mode,
    certificate: tls.cert !== null,
  }
}
