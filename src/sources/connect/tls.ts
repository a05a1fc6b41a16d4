import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import { OffbeatError } from '../../model/error.ts'
import type { TlsConfig } from '../source-config.ts'
import { untrusted } from './connection-error.ts'
import { nodeCodeOf } from './node-error.ts'
import type { ServerTarget } from './server-target.ts'

/** The contents of the files in `tls`, in PEM. */
interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/**
 * Node's options for a TLS handshake according to `tls`; null: without TLS. The files are read for each connection, so that a certificate
 * can be replaced without a restart. Rejects with DATABASE_TLS_FILE. A certificate for another name fails the handshake with
 * DATABASE_TLS_UNTRUSTED.
 */
export async function tlsOptions(tls: TlsConfig, target: ServerTarget): Promise<ConnectionOptions | null> {
  if (tls.mode === 'disable') return null
  const name = tls.servername ?? target.host
  const faultOf = await certificateCheck(tls)
  return {
    ...(await readTlsFiles(tls)),
    // With an authority, `require` verifies the certificate too, as libpq does.
    rejectUnauthorized: tls.mode !== 'require' || tls.ca !== null,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) => faultOf(target, certificate),
  }
}

/** What checks that a certificate is for the server. It returns the error, or undefined where it is, or where `tls` checks no names. */
export async function certificateCheck(
  tls: TlsConfig,
): Promise<(target: ServerTarget, certificate: PeerCertificate) => OffbeatError | undefined> {
  const { checkServerIdentity } = await import('node:tls')
  return (target, certificate) => {
    const name = tls.servername ?? target.host
    const fits = tls.mode !== 'verify-full' || checkServerIdentity(name, certificate) === undefined
    return fits ? undefined : otherName(target, name, certificate)
  }
}

function otherName(target: ServerTarget, name: string, { subject, subjectaltname }: PeerCertificate): OffbeatError {
  return untrusted(target, {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    found: `the certificate is for ${subjectaltname ?? `CN=${String(subject.CN)}`}, not for ${name}`,
    expected: `a certificate for ${name}; or set \`tls.servername\` to the name in the certificate`,
  })
}

async function readTlsFiles(tls: TlsConfig): Promise<TlsFiles> {
  const read = async (field: 'ca' | 'cert' | 'key') => {
    const path = tls[field]
    if (path === null) return {}
    return { [field]: await readTlsFile(field, path) }
  }
  return { ...(await read('ca')), ...(await read('cert')), ...(await read('key')) }
}

async function readTlsFile(field: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new OffbeatError('DATABASE_TLS_FILE', {
      message: `the file of \`tls.${field}\` cannot be read`,
      found: `${path}: ${nodeCodeOf(cause) ?? 'unreadable'}`,
      expected: 'a readable PEM file',
    })
  }
}
