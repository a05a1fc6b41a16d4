import type { JsonWriter } from '../../../model/table.ts'
import { unreachable } from '../../../model/unreachable.ts'
import { unscaledWriter, writeDouble, writeScaled } from '../../../values/decimal.ts'
import type { EpochUnit } from '../../../values/epoch.ts'
import { writeText } from '../../../values/json-text.ts'
import { type TimeUnit, timeStyle } from '../../../values/time-mode.ts'
import type { DecimalHandlingMode, TimePrecisionMode } from '../../../values/value-modes.ts'
import { clockWriter, timestampWriter, writeEpochDays } from './epoch-value.ts'
import { hstoreJson, hstoreMap } from './hstore-value.ts'
import { writeIntervalMicros, writeIntervalParts } from './interval-value.ts'
import type { HstoreHandlingMode, IntervalHandlingMode, PostgresqlModes } from './postgresql-modes.ts'
import { byteaForm } from './scalar-value.ts'
import { writeDate, writeTime, writeTimestamp, writeTimestamptz, writeTimetz } from './time-value.ts'
import { writeIsoDate, writeIsoTime, writeIsoTimestamp, writeUtcTime, zonedWriter } from './utc-text-value.ts'

/** How the values of a type are written. */
export interface TypeForm {
  readonly write: JsonWriter
  /** The writer for a column whose type has this modifier, if the modifier matters. The same modifier always returns the same writer. */
  readonly modified?: (modifier: number) => JsonWriter
  /** See `Column.unavailable`. */
  readonly unavailable?: Buffer
}

interface TimeForms {
  readonly date: TypeForm
  readonly time: TypeForm
  readonly timestamp: TypeForm
  readonly timestamptz: TypeForm
  readonly timetz: TypeForm
}

/** The types whose form depends on an option, by name. */
export interface ModeForms extends TimeForms {
  readonly numeric: TypeForm
  readonly interval: TypeForm
  readonly bytea: TypeForm
  /** The type of an extension, so it can be in any schema. */
  readonly hstore: TypeForm
}

const NO_MODIFIER = 0xffff_ffff
/** The precision of a time without a modifier, in decimals of a second. */
const FULL_PRECISION = 6
const MS_PRECISION = 3

/** Chooses the writers once for each connection, not for each value. */
export function modeForms(modes: PostgresqlModes): ModeForms {
  return {
    ...timeForms(modes.timePrecisionMode),
    numeric: numericForm(modes.decimalHandlingMode),
    interval: intervalForm(modes.intervalHandlingMode),
    bytea: byteaForm(modes.binaryHandlingMode),
    hstore: hstoreForm(modes.hstoreHandlingMode),
  }
}

function timeForms(mode: TimePrecisionMode): TimeForms {
  const style = timeStyle(mode)
  if (style === 'iso8601')
    return {
      date: { write: writeDate },
      time: { write: writeTime },
      timestamp: { write: writeTimestamp },
      timestamptz: { write: writeTimestamptz },
      timetz: { write: writeTimetz },
    }
  if (style === 'isostring')
    return {
      ...zonedForms(),
      date: { write: writeIsoDate },
      time: { write: writeIsoTime },
      timestamp: { write: writeIsoTimestamp },
    }
  return {
    ...zonedForms(),
    date: { write: writeEpochDays },
    time: epochForm(style.time, clockWriter),
    timestamp: epochForm(style.timestamp, timestampWriter),
  }
}

/** Types with a time zone are text in every mode of Debezium. */
function zonedForms(): Pick<TimeForms, 'timestamptz' | 'timetz'> {
  const modified = remembered((modifier) => zonedWriter(precisionOf(modifier)))
  return { timestamptz: { write: modified(NO_MODIFIER), modified }, timetz: { write: writeUtcTime } }
}

function epochForm(unit: TimeUnit, make: (unit: EpochUnit) => JsonWriter): TypeForm {
  if (unit !== 'adaptive') return { write: make(unit) }
  const [ms, us] = [make('ms'), make('us')]
  return { write: us, modified: (modifier) => (precisionOf(modifier) <= MS_PRECISION ? ms : us) }
}

function precisionOf(modifier: number): number {
  return modifier === NO_MODIFIER ? FULL_PRECISION : modifier
}

function intervalForm(mode: IntervalHandlingMode): TypeForm {
  switch (mode) {
    case 'iso8601':
      return { write: writeText }
    case 'numeric':
      return { write: writeIntervalMicros }
    case 'string':
      return { write: writeIntervalParts }
    default:
      return unreachable(mode)
  }
}

function hstoreForm(mode: HstoreHandlingMode): TypeForm {
  switch (mode) {
    case 'text':
      return { write: writeText }
    case 'json':
      return hstoreJson()
    case 'map':
      return hstoreMap()
    default:
      return unreachable(mode)
  }
}

function numericForm(mode: DecimalHandlingMode): TypeForm {
  switch (mode) {
    case 'string':
      return { write: writeText }
    case 'double':
      return { write: writeDouble }
    case 'precise':
      return { write: writeScaled, modified: remembered(preciseWriter) }
    default:
      return unreachable(mode)
  }
}

/** The modifier is -1 as an unsigned number, or 4 plus the precision (upper half) and the scale (lower half: 11 bits, signed). */
function preciseWriter(modifier: number): JsonWriter {
  if (modifier === NO_MODIFIER) return writeScaled
  return unscaledWriter((((modifier - 4) & 0x7ff) ^ 0x400) - 0x400)
}

export function remembered(make: (modifier: number) => JsonWriter): (modifier: number) => JsonWriter {
  const known = new Map<number, JsonWriter>()
  return (modifier) => {
    const found = known.get(modifier)
    if (found !== undefined) return found
    const made = make(modifier)
    known.set(modifier, made)
    return made
  }
}
