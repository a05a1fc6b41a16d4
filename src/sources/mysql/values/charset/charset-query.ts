import type { TextQuery } from '../../tables/text-query.ts'
import type { CharsetFacts } from './charset.ts'

const MYSQL_COLLATIONS = 'SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATIONS'
/** UCA 14 collations have one number per character set. information_schema.COLLATIONS does not list these numbers. */
const MARIADB_COLLATIONS =
  'SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY'

/** Queries the server's character sets. It only reads and needs no privilege. */
export async function readCharsetFacts(query: TextQuery, isMariadb: boolean): Promise<CharsetFacts> {
  const names = new Map<number, string>()
  for (const { id, charset } of await query(isMariadb ? MARIADB_COLLATIONS : MYSQL_COLLATIONS)) {
    if (typeof id === 'string' && typeof charset === 'string') names.set(Number(id), charset)
  }
  return {
    names,
    ask: async (charset, bytes) => {
      if (!/^\w+$/u.test(charset)) return []
      const converted = `CONVERT(CONVERT(X'${bytes.toString('hex')}' USING ${charset}) USING utf32)`
      const [row] = await query(`SELECT HEX(${converted}) AS digits`)
      return (row?.['digits']?.match(/.{8}/gu) ?? []).map((digits) => Number.parseInt(digits, 16))
    },
  }
}
