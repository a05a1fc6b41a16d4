import { createHash } from 'node:crypto'
import type { Secret } from '../../../model/secret.ts'
import type { MysqlKind } from '../config.ts'
import { quoteLiteral } from '../connect/quoting.ts'

/**
 * The password as it stands after IDENTIFIED BY. MySQL replaces it in its logs. MariaDB writes it into the general log and the binary log as
 * it was sent, so there it is sent as the hash of mysql_native_password.
 */
export function passwordLiteral(kind: MysqlKind, password: Secret): string {
  const text = password.reveal()
  if (kind === 'mysql') return quoteLiteral(text)
  const sha1 = (data: string | Buffer) => createHash('sha1').update(data).digest()
  return `PASSWORD '*${sha1(sha1(text)).toString('hex').toUpperCase()}'`
}
