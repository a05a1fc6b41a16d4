import { crc32 as nativeCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from './crc32.ts'

test('any part of any bytes has the checksum that zlib computes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), fc.nat(20), (bytes, before, after) => {
      const all = Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(after, 2)])
      expect(crc32(all, before, before + bytes.length)).toBe(nativeCrc32(bytes))
    }),
  )
})
