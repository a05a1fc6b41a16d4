import type { ConnectionUrl } from '../../sources/connection-url.ts'

/** `password`: with its colon, or empty. */
export function urlWith(
  { scheme, hosts, database, parameters }: ConnectionUrl,
  user: string | null,
  password: string,
): string {
  const at = hosts.map(({ host, port }) => {
    const name = host.includes(':') ? `[${host}]` : encodeURIComponent(host)
    return port === null ? name : `${name}:${port}`
  })
  const query = parameters.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
  const credentials = user === null ? '' : `${encodeURIComponent(user)}${password}@`
  const path = database === null ? '' : `/${encodeURIComponent(database)}`
  return `${scheme}://${credentials}${at.join(',')}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`
}
