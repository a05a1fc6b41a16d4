import type { JsonWriter } from '../../../model/table.ts'
import { type BytesForm, bytesForm } from '../../../values/bytes.ts'
import { writeFloat32, writeFloat64 } from '../../../values/float-value.ts'
import * as integer from '../../../values/integer-value.ts'
import type { DecimalHandlingMode, ValueModes } from '../../../values/value-modes.ts'
import { TYPE, type WireType } from '../decode/rows/column-type.ts'
import { bitWriter } from './bit-value.ts'
import { BINARY, type Charsets } from './charset/charset.ts'
import { decimalForm } from './decimal-form.ts'
import { paddedWriter } from './fixed-bytes.ts'
import { geometryWriter } from './geometry-value.ts'
import { jsonDocumentWriter } from './json-value.ts'
import { mariadbForm } from './mariadb/mariadb-address-value.ts'
import { compressedWriter } from './mariadb/mariadb-compressed-value.ts'
import { enumWriter, setWriter } from './member-value.ts'
import * as temporal from './temporal-value.ts'
import { type TimeForms, timeForms } from './time-form.ts'
import { writeVector } from './vector-value.ts'

/** Facts about a column that are not in the row image. They come from the table map or the server's catalogue. */
export interface ColumnFacts {
  readonly unsigned: boolean
  /** The name of the column's character set. null: it has none. */
  readonly charset: string | null
  /** The members of an ENUM or SET. */
  readonly members: readonly string[]
  /** The type's name in the catalogue (DATA_TYPE). null: the catalogue was not queried. */
  readonly dataType: string | null
}

export interface ColumnForm {
  /** The type's name in the database. */
  readonly type: string
  readonly write: JsonWriter
  readonly unavailable?: Buffer
}

/** Chooses how values are written. The modes are read once per stream, and equal columns share one form. */
export class ValueForms {
  readonly charsets: Charsets
  readonly bytes: BytesForm
  readonly decimals: DecimalHandlingMode
  readonly times: TimeForms
  readonly #known = new Map<string, ColumnForm | null>()

  constructor(charsets: Charsets, modes: ValueModes) {
    this.charsets = charsets
    this.bytes = bytesForm(modes.binaryHandlingMode)
    this.decimals = modes.decimalHandlingMode
    this.times = timeForms(modes.timePrecisionMode)
  }

  /** null: the type is not supported. Throws MYSQL_CHARSET_UNSUPPORTED. */
  of(wire: WireType, facts: ColumnFacts): ColumnForm | null {
    const key = JSON.stringify([wire, facts])
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const form = columnForm(wire, facts, this)
    this.#known.set(key, form)
    return form
  }
}

const INTEGERS: ReadonlyMap<number, readonly [name: string, signed: JsonWriter, unsigned: JsonWriter]> = new Map([
  [TYPE.TINY, ['tinyint', integer.writeInt8, integer.writeUint8]],
  [TYPE.SHORT, ['smallint', integer.writeInt16, integer.writeUint16]],
  [TYPE.INT24, ['mediumint', integer.writeInt24, integer.writeUint24]],
  [TYPE.LONG, ['int', integer.writeInt32, integer.writeUint32]],
  [TYPE.LONGLONG, ['bigint', integer.writeInt64, integer.writeUint64]],
])

function columnForm(wire: WireType, facts: ColumnFacts, forms: ValueForms): ColumnForm | null {
  const whole = INTEGERS.get(wire.type)
  if (whole !== undefined) return signed(whole[0], facts.unsigned, whole[facts.unsigned ? 2 : 1])
  return (
    numberForm(wire, facts, forms) ??
    timeForm(wire, forms) ??
    textForm(wire, facts, forms) ??
    otherForm(wire, facts, forms)
  )
}

function signed(name: string, unsigned: boolean, write: JsonWriter): ColumnForm {
  return { type: unsigned ? `${name} unsigned` : name, write }
}

function numberForm(
  { type, size, detail }: WireType,
  { unsigned }: ColumnFacts,
  { decimals }: ValueForms,
): ColumnForm | null {
  switch (type) {
    case TYPE.FLOAT:
      return signed('float', unsigned, writeFloat32)
    case TYPE.DOUBLE:
      return signed('double', unsigned, writeFloat64)
    case TYPE.NEWDECIMAL:
      return signed(`decimal(${size},${detail})`, unsigned, decimalForm(size, detail, decimals))
    case TYPE.BIT:
      return { type: `bit(${detail})`, write: bitWriter(detail) }
    case TYPE.YEAR:
      return { type: 'year', write: temporal.writeYear }
    default:
      return null
  }
}

function timeForm({ type, size }: WireType, { times }: ValueForms): ColumnForm | null {
  const decimals = size === 0 ? '' : `(${size})`
  switch (type) {
    case TYPE.DATE:
    case TYPE.NEWDATE:
      return { type: 'date', write: times.date(temporal.writeDate) }
    case TYPE.DATETIME2:
      return { type: `datetime${decimals}`, write: times.datetime(temporal.datetimeWriter(size), size) }
    case TYPE.TIMESTAMP2:
      return { type: `timestamp${decimals}`, write: temporal.timestampWriter(size) }
    case TYPE.TIME2:
      return { type: `time${decimals}`, write: times.time(temporal.timeWriter(size), size) }
    case TYPE.DATETIME:
      return { type: 'datetime', write: times.datetime(temporal.writeOldDatetime, 0) }
    case TYPE.TIMESTAMP:
      return { type: 'timestamp', write: temporal.writeOldTimestamp }
    case TYPE.TIME:
      return { type: 'time', write: times.time(temporal.writeOldTime, 0) }
    default:
      return null
  }
}

function textForm(wire: WireType, facts: ColumnFacts, forms: ValueForms): ColumnForm | null {
  const name = textTypeName(wire, facts)
  if (name === null) return null
  const known = facts.dataType === null || wire.type !== TYPE.STRING ? null : mariadbForm(facts.dataType)
  if (known !== null) return known
  const isCompressed = wire.type === TYPE.MARIADB_BLOB_COMPRESSED || wire.type === TYPE.MARIADB_VARCHAR_COMPRESSED
  if (facts.charset !== null && facts.charset !== BINARY) {
    const { write } = forms.charsets.named(facts.charset)
    return { type: name, write: isCompressed ? compressedWriter(write) : write }
  }
  if (facts.dataType === 'vector') return { type: 'vector', write: writeVector }
  const { bytes } = forms
  if (isCompressed) return { ...bytes, type: name, write: compressedWriter(bytes.write) }
  return { ...bytes, type: name, write: wire.type === TYPE.STRING ? paddedWriter(wire.size, bytes.write) : bytes.write }
}

const BLOB_NAMES = ['', 'tiny', '', 'medium', 'long'] as const

function textTypeName({ type, size }: WireType, { charset }: ColumnFacts): string | null {
  const isBinary = charset === null || charset === BINARY
  switch (type) {
    case TYPE.STRING:
      return isBinary ? `binary(${size})` : 'char'
    case TYPE.VARCHAR:
    case TYPE.VAR_STRING:
    case TYPE.MARIADB_VARCHAR_COMPRESSED:
      return isBinary ? `varbinary(${size})` : 'varchar'
    case TYPE.TINY_BLOB:
    case TYPE.MEDIUM_BLOB:
    case TYPE.LONG_BLOB:
    case TYPE.BLOB:
    case TYPE.MARIADB_BLOB_COMPRESSED:
      return `${BLOB_NAMES[size] ?? ''}${isBinary ? 'blob' : 'text'}`
    default:
      return null
  }
}

function otherForm({ type }: WireType, { members }: ColumnFacts, { bytes }: ValueForms): ColumnForm | null {
  switch (type) {
    case TYPE.ENUM:
      return { type: 'enum', write: enumWriter(members) }
    case TYPE.SET:
      return { type: 'set', write: setWriter(members) }
    case TYPE.JSON:
      return { type: 'json', write: jsonDocumentWriter() }
    case TYPE.GEOMETRY:
      return { type: 'geometry', write: geometryWriter(bytes.write) }
    case TYPE.VECTOR:
      return { type: 'vector', write: writeVector }
    default:
      return null
  }
}
