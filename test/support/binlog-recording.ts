import { readFileSync } from 'node:fs'
import type { CatalogColumn } from '../../src/sources/mysql/tables/table-catalog.ts'

/** Recorded events of a server, one per line in hexadecimal. */
export function binlogRecording(name: 'mysql' | 'mariadb'): readonly Buffer[] {
  const url = new URL(`../../src/sources/mysql/decode/${name}.recording.txt`, import.meta.url)
  return readFileSync(url, 'latin1')
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, 'hex'))
}

const column = (name: string, dataType: string): CatalogColumn => ({
  name,
  dataType,
  unsigned: false,
  members: [],
  charset: null,
  key: name === 'id',
})

/** The catalogue entries that MariaDB's recording needs in addition to the log. */
export const MARIADB_CATALOG = { 'shop.kinds': [column('u', 'uuid'), column('i4', 'inet4'), column('i6', 'inet6')] }
