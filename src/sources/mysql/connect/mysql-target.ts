import { shellWord } from '../../../model/shell-word.ts'
import type { Host } from '../../connect/host-order.ts'
import type { Product, ServerTarget } from '../../connect/server-target.ts'
import type { TlsConfig } from '../../source-config.ts'
import type { MysqlConfig, MysqlKind } from '../config.ts'

const SSL_MODES: Readonly<Record<TlsConfig['mode'], string>> = {
  disable: '--ssl-mode=DISABLED',
  require: '--ssl-mode=REQUIRED',
  'verify-ca': '--ssl-mode=VERIFY_CA',
  'verify-full': '--ssl-mode=VERIFY_IDENTITY',
}

/** MariaDB's client has no mode that checks the certificate authority but not the host name. */
const MARIADB_SSL: Readonly<Record<TlsConfig['mode'], string>> = {
  disable: '--skip-ssl',
  require: '--ssl --skip-ssl-verify-server-cert',
  'verify-ca': '--ssl',
  'verify-full': '--ssl --ssl-verify-server-cert',
}

const PRODUCTS: Readonly<Record<MysqlKind, Product>> = {
  mysql: {
    name: 'MySQL',
    client: (target) => clientCommand('mysql', SSL_MODES[target.tls], target),
    starttls: 'mysql',
  },
  mariadb: {
    name: 'MariaDB',
    client: (target) => clientCommand('mariadb', MARIADB_SSL[target.tls], target),
    starttls: 'mysql',
  },
}

/** The client prompts for the password. `--protocol=TCP` is needed because the clients use the Unix socket for the host `localhost`. */
function clientCommand(program: string, ssl: string, { host, port, user }: ServerTarget): string {
  return `${program} --protocol=TCP --host=${shellWord(host)} --port=${port} --user=${shellWord(user)} --password ${ssl}`
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
