import { z } from 'zod'
import type { ConnectionUrl } from './connection-url.ts'
import { choice, text } from './scalar-schema.ts'
import type { TlsConfig } from './source-config.ts'
import {
  ownParameters,
  type UrlParameter,
  type UrlParameters,
  unknownParameter,
  urlParameter,
} from './url-parameter.ts'

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

export type Report = (path: readonly string[], message: string, expected: string) => void

/**
 * Merges the keys of `tls` with the URL's parameters. A key that is given twice is a mistake, as is a parameter that this database does not
 * know.
 */
export function mergeTls(
  keys: TlsKeys,
  url: ConnectionUrl | undefined,
  parameters: UrlParameters,
  report: Report,
): TlsKeys {
  const merged = { ...keys }
  const seen = new Set<string>()
  for (const [name, value] of url?.parameters ?? []) {
    const parameter = urlParameter(parameters, name)
    const repeats = parameter?.sets === 'own' && parameter.repeats === true
    const isSecond =
      (seen.has(name) && !repeats) ||
      (parameter !== undefined && parameter.sets !== 'own' && merged[parameter.sets] !== undefined)
    seen.add(name)
    if (parameter === undefined) {
      report(['url'], unknownParameter(parameters, name), knownWords(parameters))
    } else if (isSecond) {
      const key = parameter.sets === 'own' ? '' : `tls.${parameter.sets}, or `
      report(['url'], `has ${name}, which is given a second time (${key}twice in the URL)`, 'one of the two')
    } else {
      set(merged, parameter, name, value, report)
    }
  }
  const mistake = parameters.mistake?.(ownParameters(url?.parameters ?? [], parameters)) ?? null
  if (mistake !== null) report(['url'], mistake.message, mistake.expected)
  return merged
}

function set(merged: TlsKeys, parameter: UrlParameter, name: string, value: string, report: Report): void {
  if (parameter.sets === 'own') return
  if (parameter.sets !== 'mode') {
    merged[parameter.sets] = value
    return
  }
  const { values } = parameter
  const mode = Object.hasOwn(values, value) ? values[value] : undefined
  if (mode === undefined) report(['url'], badMode(name, value), Object.keys(values).join(', '))
  else merged.mode = mode
}

function knownWords({ known }: UrlParameters): string {
  const names = Object.keys(known)
  return names.length === 0 ? 'no parameter' : `no other parameter than ${names.join(', ')}`
}

function badMode(name: string, value: string): string {
  const reason = Object.hasOwn(refusedModes, value) ? refusedModes[value as keyof typeof refusedModes] : 'is not known'
  return `has ${name} with a value that ${reason}`
}

/** The complete `tls` with its defaults: no encryption to this machine, encryption to any other, verification if an authority is given. */
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

export function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
}

/** Reports keys that contradict each other or have no effect. */
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
