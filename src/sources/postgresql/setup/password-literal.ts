import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { Secret } from '../../../model/secret.ts'
import { quoteLiteral } from '../connect/quoting.ts'

const ITERATIONS = 4096
const SALT_BYTES = 16
/** The server's SASLprep may change other passwords. */
const PLAIN_ASCII = /^[\x20-\x7e]+$/u

/**
 * The password as a literal. If possible, it is the verifier that the server would compute (RFC 5802, section 3:
 * `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`), so that the password itself is in no statement and no server log.
 */
export function passwordLiteral(password: Secret, asVerifier: boolean): string {
  const text = password.reveal()
  return asVerifier && PLAIN_ASCII.test(text) ? `'${scramVerifier(text, randomBytes(SALT_BYTES))}'` : quoteLiteral(text)
}

function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const hmac = (words: string) => createHmac('sha256', salted).update(words).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest()
  const keys = [storedKey, hmac('Server Key')].map((key) => key.toString('base64'))
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${keys.join(':')}`
}
