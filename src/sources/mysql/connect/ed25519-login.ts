import { createHash } from 'node:crypto'

const SCRAMBLE_BYTES = 32

/**
 * The response of MariaDB's `ed25519` login method: an Ed25519 signature of the server's scramble. MariaDB derives the key from the SHA-512
 * of the password itself, where the standard hashes a seed of 32 bytes. Node.js supports only the standard form.
 */
export async function ed25519Answer(password: string, data: Buffer): Promise<Buffer> {
  const { ed25519 } = await import('@noble/curves/ed25519.js')
  const { Point } = ed25519
  const message = data.subarray(0, SCRAMBLE_BYTES)
  const key = createHash('sha512').update(password, 'utf8').digest()
  const secret = Point.Fn.create(littleEndian(clamped(key.subarray(0, 32))))
  const publicKey = Buffer.from(Point.BASE.multiply(secret).toBytes())
  const nonce = Point.Fn.create(littleEndian(sha512(key.subarray(32), message)))
  const commitment = Buffer.from(Point.BASE.multiply(nonce).toBytes())
  const challenge = Point.Fn.create(littleEndian(sha512(commitment, publicKey, message)))
  const response = Point.Fn.create(nonce + challenge * secret)
  return Buffer.concat([commitment, Buffer.from(Point.Fn.toBytes(response))])
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Prunes the key as in RFC 8032, 5.1.5: a multiple of 8 with the second highest bit set. */
function clamped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(0) & 0xf8, 0)
  copy.writeUInt8((copy.readUInt8(31) & 0x7f) | 0x40, 31)
  return copy
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}
