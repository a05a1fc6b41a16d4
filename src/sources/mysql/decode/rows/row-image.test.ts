import fc from 'fast-check'
import { expect, test } from 'vitest'
import { presentColumns } from './row-image.ts'

const position = { file: 'binlog.000001', offset: 4, type: 30 }

test('a column is present exactly if its bit is set, whatever the unused bits of the last byte are', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), fc.boolean(), (present, unused) => {
      const bits = Buffer.alloc(1 + Math.ceil(present.length / 8), unused ? 0xff : 0)
      for (const [i, bit] of present.entries()) {
        const at = 1 + (i >> 3)
        bits[at] = bit ? (bits[at] ?? 0) | (1 << (i & 7)) : (bits[at] ?? 0) & ~(1 << (i & 7))
      }
      const all = present.map((_, i) => i + 1)
      const find = () => presentColumns(bits, 1, all, all.length, position)
      if (!present.includes(true)) {
        expect(find).toThrow('rows without columns')
        return
      }
      const count = present.filter((bit) => bit).length
      expect(find()).toEqual({
        extents: present.map((bit, i) => (bit ? i + 1 : 0)),
        nullBytes: Math.ceil(count / 8),
        isPartial: count < present.length,
      })
    }),
  )
})
