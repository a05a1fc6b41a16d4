import type { Host } from '../../connect/host-order.ts'
import type { Product, ServerTarget } from '../../connect/server-target.ts'
import type { FullConnection } from '../../connection-schema.ts'
import { psqlTarget } from './psql-command.ts'

export const POSTGRESQL: Product = {
  name: 'PostgreSQL',
  client: (target) => `psql ${psqlTarget({ ...target, hosts: [target] })}`,
  starttls: 'postgres',
}

export function targetOf({ host, port }: Host, { database, user, tls }: FullConnection): ServerTarget {
  return { product: POSTGRESQL, host, port, database, user, tls: tls.mode, certificate: tls.cert !== null }
}
