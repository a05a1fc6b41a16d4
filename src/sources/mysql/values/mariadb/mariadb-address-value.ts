import type { JsonWriter } from '../../../../model/table.ts'
import { invalidValue } from '../../../../values/value-error.ts'
import { paddedWriter } from '../fixed-bytes.ts'

/* MariaDB's INET4, INET6 and UUID. The log has them as BINARY, without trailing zero bytes. */

const INET4_BYTES = 4
const INET6_BYTES = 16
const UUID_BYTES = 16

/** `10.0.0.1` */
/** `dataType`: the type's name in the catalogue. null: it is none of these types. */
export function mariadbForm(dataType: string): { readonly type: string; readonly write: JsonWriter } | null {
  switch (dataType) {
    case 'inet4':
      return { type: dataType, write: paddedWriter(INET4_BYTES, writeInet4) }
    case 'inet6':
      return { type: dataType, write: paddedWriter(INET6_BYTES, writeInet6) }
    case 'uuid':
      return { type: dataType, write: paddedWriter(UUID_BYTES, writeUuid) }
    default:
      return null
  }
}

/** The lengths of these types. A BINARY column of another length is none of them. */
export const MARIADB_BYTES: readonly number[] = [INET4_BYTES, INET6_BYTES]

const writeInet4: JsonWriter = (from, start, end, to) => {
  if (end - start !== INET4_BYTES) throw invalidValue('an INET4', end - start)
  to.ascii(`"${dotted(from, start)}"`)
}

/**
 * Formats the address as the server does: the first longest run of zero groups, even a single one, becomes `::`. An embedded IPv4 address
 * is written in dotted form.
 */
const writeInet6: JsonWriter = (from, start, end, to) => {
  if (end - start !== INET6_BYTES) throw invalidValue('an INET6', end - start)
  const groups = Array.from(
    { length: 8 },
    (_, i) => (from[start + 2 * i] as number) * 256 + (from[start + 2 * i + 1] as number),
  )
  const [gapAt, gapLength] = longestGap(groups)
  const isIpv4 = gapAt === 0 && (gapLength === 6 || (gapLength === 5 && groups[5] === 0xffff))
  const shown = groups.map((group) => group.toString(16))
  if (isIpv4) shown.splice(6, 2, dotted(from, start + 12))
  if (gapLength < 1) to.ascii(`"${shown.join(':')}"`)
  else to.ascii(`"${shown.slice(0, gapAt).join(':')}::${shown.slice(gapAt + gapLength).join(':')}"`)
}

function longestGap(groups: readonly number[]): readonly [at: number, length: number] {
  let [bestAt, best] = [-1, 0]
  for (let at = 0; at < groups.length; at++) {
    let length = 0
    while (groups[at + length] === 0) length++
    if (length > best) [bestAt, best] = [at, length]
  }
  return [bestAt, best]
}

function dotted(from: Uint8Array, at: number): string {
  return `${from[at]}.${from[at + 1]}.${from[at + 2]}.${from[at + 3]}`
}

/** In the log, the bytes are in the order of the text, whatever order the server stores them in. */
const writeUuid: JsonWriter = (from, start, end, to) => {
  if (end - start !== UUID_BYTES) throw invalidValue('a UUID', end - start)
  const hex = Buffer.from(from.buffer, from.byteOffset + start, UUID_BYTES).toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  to.ascii(`"${parts.join('-')}"`)
}
