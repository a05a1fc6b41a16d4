import type { ServerConfig } from '../config/config.ts'
import { OffbeatError } from '../model/error.ts'
import { inShell } from '../model/fix.ts'

/** Why the server cannot listen on the address, with the configuration key that changes it. */
export function listenError(thrown: unknown, config: ServerConfig, configPath: string): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
  const address = `${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`
  const key = `server.listen in ${configPath}`
  switch (code) {
    case 'EADDRINUSE':
      return new OffbeatError('SERVER_PORT_TAKEN', {
        message: `HTTP cannot be answered at ${address}: another program listens there, possibly Offbeat with another configuration.`,
        found: `${address} is taken (EADDRINUSE)`,
        expected: `a free address as ${key}, such as ${config.host}:${config.port + 1}; or server: off`,
        fix: [inShell(`ss -ltnp 'sport = :${config.port}'`, { note: 'shows the program' })],
        cause: thrown,
      })
    case 'EACCES':
    case 'EPERM':
      return new OffbeatError('SERVER_ADDRESS_REFUSED', {
        message: `HTTP cannot be answered at ${address}: this user is not allowed to listen there.`,
        found: code,
        expected: `a port from 1024 on as ${key}`,
        cause: thrown,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return new OffbeatError('SERVER_ADDRESS_MISSING', {
        message: `HTTP cannot be answered at ${address}: this machine has no such address.`,
        found: code,
        expected: `an address of this machine as ${key}, such as 127.0.0.1:${config.port}`,
        cause: thrown,
      })
    default:
      return thrown
  }
}
