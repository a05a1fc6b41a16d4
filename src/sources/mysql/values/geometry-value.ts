import type { JsonWriter } from '../../../model/table.ts'
import { invalidValue } from '../../../values/value-error.ts'

const SRID_BYTES = 4

/**
 * geometry   srid:u32 wkb
 *
 * Written in Debezium's structure: `{"wkb":...,"srid":0}`. `write` writes the bytes.
 */
export function geometryWriter(write: JsonWriter): JsonWriter {
  return (from, start, end, to) => {
    if (end - start < SRID_BYTES) throw invalidValue('a geometry', end - start)
    to.ascii('{"wkb":')
    write(from, start + SRID_BYTES, end, to)
    const srid = new DataView(from.buffer, from.byteOffset + start, SRID_BYTES).getUint32(0, true)
    to.ascii(`,"srid":${srid}}`)
  }
}
