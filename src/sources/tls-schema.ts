import { z } from 'zod'
import type { ConnectionUrl } from './connection-url.ts'
import { choice, text } from './scalar-schema.ts'
import type { TlsConfig } from './source-config.ts'

const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const
const falling = 'can silently fall back to no encryption, so it is not supported; use disable, or require or stricter'
const refusedModes = {
  prefer: falling,
  allow: falling,
  'no-verify': 'is called require here: encrypted, the certificate is not checked',
}

const file = (what: string) => text({ expected: `the path of a PEM file: ${what}` })

export const tlsSchema = z.strictObject({
  mode: choice(modes, refusedModes)
    .optional()
    .describe('disable: plain; require: encrypted; verify-ca: by a known authority; verify-full: and for this host.'),
  ca: file("the authority's certificate").optional().describe('PEM file of the authority; else those Node.js knows.'),
  cert: file("the client's certificate").optional().describe("PEM file of the client's certificate."),
  key: file("the client's key").optional().describe("PEM file of the client's key."),
  servername: text({ expected: 'the name that the certificate is checked for' })
    .optional()
    .describe('The name that the certificate is checked for, where it is not the host.'),
})

export type TlsKeys = z.output<typeof tlsSchema>

/** What libpq calls the keys of `tls` in a URL. */
const urlNames = { sslmode: 'mode', sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const

export type Report = (path: readonly string[], message: string, expected: string) => void

/** The keys of `tls` and the URL's `ssl...` parameters together; a key given twice is a mistake, as is a parameter we do not know. */
export function mergeTls(keys: TlsKeys, url: ConnectionUrl | undefined, report: Report): TlsKeys {
  const merged = { ...keys }
  for (const [name, value] of url?.parameters ?? []) {
    const key = Object.hasOwn(urlNames, name) ? urlNames[name as keyof typeof urlNames] : undefined
    if (key === undefined) {
      report(['url'], unknownParameter(name), `no other parameter than ${Object.keys(urlNames).join(', ')}`)
    } else if (merged[key] !== undefined) {
      report(['url'], `has ${name}, which is given a second time (tls.${key}, or twice in the URL)`, 'one of the two')
    } else if (key !== 'mode') {
      merged[key] = value
    } else {
      const mode = modes.find((each) => each === value)
      if (mode === undefined) report(['url'], badMode(value), modes.join(', '))
      else merged.mode = mode
    }
  }
  return merged
}

/** Parameters of libpq and of drivers. Only these are named in a message: another may be a piece of a password. */
const knownElsewhere = new Set(
  'application_name channel_binding client_encoding connect_timeout dbname gssencmode hostaddr keepalives options passfile password port replication service sslcrl sslpassword sslsni target_session_attrs user'.split(
    ' ',
  ),
)

function unknownParameter(name: string): string {
  if (name === 'ssl') return 'has the parameter ssl; write sslmode=require, or better sslmode=verify-full'
  if (name === 'host')
    return 'has the parameter host; write it as the host; in the folder of a socket write %2F for each /'
  if (knownElsewhere.has(name)) return `has the parameter ${name}, which is not supported`
  return 'has an unknown parameter'
}

function badMode(value: string): string {
  const reason = Object.hasOwn(refusedModes, value) ? refusedModes[value as keyof typeof refusedModes] : 'is not known'
  return `has an sslmode that ${reason}`
}

/** The whole of `tls`, defaults filled in: plain to this machine itself, encrypted to any other, verified where an authority is given. */
export function tlsConfig(keys: TlsKeys, hosts: readonly string[]): TlsConfig {
  return {
    mode: keys.mode ?? defaultMode(keys, hosts),
    ca: keys.ca ?? null,
    cert: keys.cert ?? null,
    key: keys.key ?? null,
    servername: keys.servername ?? null,
  }
}

function defaultMode(keys: TlsKeys, hosts: readonly string[]): TlsConfig['mode'] {
  if (keys.ca !== undefined || keys.servername !== undefined) return 'verify-full'
  if (keys.cert !== undefined || keys.key !== undefined) return 'require'
  return hosts.every(isThisMachine) ? 'disable' : 'require'
}

function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
}

/** Keys that contradict each other, or that would do nothing. */
export function checkTls(keys: TlsKeys, report: Report): void {
  if ((keys.cert === undefined) !== (keys.key === undefined)) {
    const [given, missing] = keys.cert === undefined ? ['key', 'cert'] : ['cert', 'key']
    report(['tls', given], `is given without tls.${missing}`, 'both or neither')
  }
  if (keys.mode === 'require' && keys.ca !== undefined) {
    report(
      ['tls', 'ca'],
      'has no effect with mode require, which does not check the certificate',
      'mode verify-ca or verify-full',
    )
  }
  if (keys.mode !== 'disable') return
  for (const name of ['ca', 'cert', 'key', 'servername'] as const) {
    if (keys[name] !== undefined)
      report(['tls', name], 'has no effect with mode disable', 'another mode, or no such key')
  }
}
