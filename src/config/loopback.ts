import { isIPv4, isIPv6 } from 'node:net'

/**
 * Whether the name or address (without brackets) is only reachable from this machine. The only trusted name is `localhost`, because any
 * other name can resolve to a different address.
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost') return true
  const mapped = /^::ffff:(.+)$/.exec(name)?.[1]
  if (isIPv4(mapped ?? name)) return (mapped ?? name).startsWith('127.')
  return isIPv6(name) && new URL(`http://[${name}]`).hostname === '[::1]'
}
