import { OffbeatError } from '../../../model/error.ts'
import { type MariadbGtidList, parseMariadbGtidState } from '../position/mariadb-gtid-list.ts'

/**
 * Notices in the lists at the start of each file that a domain was deleted from MariaDB's log. The dump must then be requested again without
 * it: if the domain is used again, the server would pass over its first transactions, as far as the old sequence number.
 */
export class DomainWatch {
  readonly #requested: readonly number[]
  #domains: ReadonlySet<number> = new Set()

  /** `requested`: what the dump was requested with. null: not by MariaDB's GTIDs. */
  constructor(requested: MariadbGtidList | null) {
    this.#requested = [...(requested ?? new Map()).keys()]
  }

  /** Call this for the list at the start of each file. Throws if it is without a domain that the list before had. */
  take(list: string | null): void {
    const domains = new Set(parseMariadbGtidState(list ?? '').keys())
    const deleted = this.#requested.find((domain) => this.#domains.has(domain) && !domains.has(domain))
    this.#domains = domains
    if (deleted === undefined) return
    throw new OffbeatError('MYSQL_DOMAIN_DELETED', {
      message: `the domain ${deleted} was deleted from the binary log while it was read`,
      found: `the list of GTIDs of a later file is without the domain ${deleted}`,
      expected: 'every domain from which the log was requested',
      details: { domain: deleted },
    })
  }
}
