import { expect, test } from 'vitest'
import { ByteWriter } from '../../../model/byte-writer.ts'
import { builtInTypes } from './built-in-type.ts'
import { modeForms } from './mode-form.ts'
import { DEFAULT_MODES, type PostgresqlModes } from './postgresql-modes.ts'

/*
 * What Debezium writes in each mode is a recording, with which test/integration/postgresql-value-modes.test.ts compares. Here is what it cannot
 * tell: texts that are refused, and values on which Debezium stops.
 */

function write(modes: Partial<PostgresqlModes>, type: string, text: string): string {
  const forms = modeForms({ ...DEFAULT_MODES, ...modes })
  const to = new ByteWriter(64)
  const from = Buffer.from(`>${text}<`)
  const found = type === 'hstore' ? forms.hstore : [...builtInTypes(forms).values()].find((each) => each.name === type)
  found?.write(from, 1, from.length - 1, to)
  return to.take().toString('utf8')
}

const ADAPTIVE = { timePrecisionMode: 'adaptive' } as const
const ISOSTRING = { timePrecisionMode: 'isostring' } as const
const NUMERIC = { intervalHandlingMode: 'numeric' } as const

test.each([
  [ADAPTIVE, 'timetz', '01:00:00+12:34:56', '"12:25:04Z"'],
  [ADAPTIVE, 'timetz', '23:00:00.5-15:59:59', '"14:59:59.5Z"'],
  [ADAPTIVE, 'date[]', '{{1970-01-02,NULL},{1970-01-03,1970-01-04}}', '[[1,null],[2,3]]'],
  [ADAPTIVE, 'date[]', '[0:0]={1970-01-02}', '"[0:0]={1970-01-02}"'],
  [ADAPTIVE, 'date', '2000-02-29', '11016'],
  [ADAPTIVE, 'date', '1900-02-28', '-25509'],
  [{ timePrecisionMode: 'nanoseconds' }, 'timestamp', '1970-01-01 00:00:00', '0'],
  [{ timePrecisionMode: 'nanoseconds' }, 'timestamp', '2262-04-12 00:00:00', '9223372800000000000'],
  [NUMERIC, 'interval', 'P1M-1DT-0.5S', '2543399500000'],
  [{ binaryHandlingMode: 'hex' }, 'bytea[]', '{"\\\\xdead",NULL}', '["dead",null]'],
  [{ hstoreHandlingMode: 'map' }, 'hstore', '"a\\"\\\\"=>"NULL", "b"=>NULL', '{"a\\"\\\\":"NULL","b":null}'],
] as const)('with %j, %s %s is written as %s', (modes, type, text, json) => {
  expect(write(modes, type, text)).toBe(json)
})

test.each([
  [ADAPTIVE, 'date', '29.02.2024'],
  [ADAPTIVE, 'date', '2024-2-29'],
  [ADAPTIVE, 'time', '12:34'],
  [ADAPTIVE, 'time', '12:34:56.'],
  [ADAPTIVE, 'time', '12:34:56.1234567'],
  [ADAPTIVE, 'timestamp', '2024-02-29'],
  [ADAPTIVE, 'timestamptz', '2024-02-29 12:34:56+02'],
  [ADAPTIVE, 'timetz', '12:34:56+1'],
  [ADAPTIVE, 'timetz', '12:34:56+01:00:00:00'],
  [ISOSTRING, 'date', '2024-02'],
  [ISOSTRING, 'time', '1'],
  [ISOSTRING, 'timestamp', '2024-02-29'],
  [NUMERIC, 'interval', 'P'],
  [NUMERIC, 'interval', 'P1DT'],
  [NUMERIC, 'interval', '1 day'],
  [{ binaryHandlingMode: 'hex' }, 'bytea', '\\xabc'],
  [{ binaryHandlingMode: 'hex' }, 'bytea', '\\xzz'],
  [{ binaryHandlingMode: 'base64-url-safe' }, 'bytea', '\\xzz'],
  [{ hstoreHandlingMode: 'json' }, 'hstore', '"a"=>1'],
  [{ hstoreHandlingMode: 'json' }, 'hstore', '"a"=>"1",'],
  [{ hstoreHandlingMode: 'json' }, 'hstore', '"a'],
] as const)('with %j, %s refuses %j', (modes, type, text) => {
  expect(() => write(modes, type, text)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
})
