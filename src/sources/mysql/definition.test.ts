import { expect, test } from 'vitest'
import { MARIADB, MYSQL } from './definition.ts'

test('without GTIDs, the sequence of a change is the number of its file and the position, which compare as numbers', () => {
  for (const { sequenceOf } of [MYSQL, MARIADB]) {
    const [before, after] = [
      ['binlog.999999', 4_294_967_300],
      ['binlog.1000000', 4],
    ].map(([file = '', pos = 0]) => sequenceOf([null, file, pos, 0]).map(Number))
    expect([before, after]).toEqual([
      [999_999, 4_294_967_300],
      [1_000_000, 4],
    ])
  }
})
