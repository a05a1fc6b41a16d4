import type { RecordedList, RecordedValue } from './debezium-values.ts'
import { type Exact, exactJson } from './exact-json.ts'

/** Later than 64 bits of microseconds can express. */
const LAST = '294276-12-31 23:59:59.999999'
const EPOCH = /^(adaptive.*|microseconds|nanoseconds|connect)$/
const DAYS = '{"1970-01-01","1969-12-31","2024-02-29","1900-03-01",NULL}'
const MOMENTS =
  '{"1970-01-01 00:00:00","1969-12-31 23:59:59.999999","2024-02-29 12:34:56.123456","2024-02-29 12:34:56.789",NULL}'
const CLOCKS = '{"00:00:00","00:00:00.000001","12:34:56","12:34:56.7",NULL}'
const ZONED_CLOCKS = '{"00:00:00+00","00:00:00.000001+00","12:34:56+00","12:34:56.7+00",NULL}'
const INTERVALS = '{"0","1 year 2 mons 3 days 04:05:06.789","-1 year -2 mons +3 days -04:05:06.000001","1 mon",NULL}'

type Difference = readonly [type: RegExp, value: string, mode: RegExp, ours: Exact]

/** What we write differently from Debezium, as listed in docs/consumers.md: numbers of more than 64 bits, and rounded numbers. */
const NUMBERS: readonly Difference[] = [
  [/^timestamp(\(6\))?$/, LAST, /^(adaptive.*|microseconds)$/, 9224318015999999999n],
  [/^timestamp\(4\)$/, LAST, /^(adaptive.*|microseconds)$/, 9224318016000000000n],
  [/^timestamp\([03]\)$/, LAST, /^microseconds$/, 9224318016000000000n],
  [/^timestamp(\(6\))?$/, LAST, /^nanoseconds$/, 9224318015999999999000n],
  [/^timestamp\([034]\)$/, LAST, /^nanoseconds$/, 9224318016000000000000n],
  [/^interval(\(0\))?$/, '178000000 years', /^numeric$/, 5617252800000000000000n],
  [/^interval(\(0\))?$/, '-178000000 years', /^numeric$/, -5617252800000000000000n],
  [/^interval(\(0\))?$/, '2147483647 days', /^numeric$/, 185542587100800000000n],
  [/^interval$/, '300 years 1.000001 s', /^numeric$/, 9467280001000001n],
  [/^interval$/, '12000000 days 1.000001 s', /^numeric$/, 1036800000001000001n],
  [/^interval\(0\)$/, '12000000 days 1.000001 s', /^numeric$/, 1036800000001000000n],
]

/** We write `infinity`; Debezium writes 0 or an invented date. */
const INFINITIES: readonly Difference[] = [
  [/^interval$/, 'infinity', /^numeric$/, 9223372036854775807n],
  [/^interval$/, '-infinity', /^numeric$/, -9223372036854775808n],
  [/^interval$/, 'infinity', /^string$/, 'infinity'],
  [/^interval$/, '-infinity', /^string$/, '-infinity'],
  [/^date\[\]$/, '{"-infinity"}', EPOCH, [-2147472691n]],
  [/^date\[\]$/, '{"-infinity"}', /^isostring$/, ['-5877611-06-22Z']],
  [/^timestamptz(\(3\))?\[\]$/, '{"-infinity"}', /./, ['-infinity']],
]

/** Array elements keep digits that Debezium drops. */
const ELEMENTS: readonly Difference[] = [
  [/^time\[\]$/, CLOCKS, /^(adaptive.*|microseconds)$/, [0n, 1n, 45296000000n, 45296700000n, null]],
  [/^time\[\]$/, CLOCKS, /^nanoseconds$/, [0n, 1000n, 45296000000000n, 45296700000000n, null]],
  [/^time\[\]$/, CLOCKS, /^isostring$/, ['00:00:00Z', '00:00:00.000001Z', '12:34:56Z', '12:34:56.7Z', null]],
  [/^time\[\]$/, '{"01:02:03.000456"}', /^(adaptive.*|microseconds)$/, [3723000456n]],
  [/^time\[\]$/, '{"01:02:03.000456"}', /^nanoseconds$/, [3723000456000n]],
  [/^time\[\]$/, '{"01:02:03.000456"}', /^isostring$/, ['01:02:03.000456Z']],
  [/^timetz\[\]$/, ZONED_CLOCKS, /./, ['00:00:00Z', '00:00:00.000001Z', '12:34:56Z', '12:34:56.7Z', null]],
]

/** Arrays that Debezium omits. */
const ARRAYS: readonly Difference[] = [
  [/^(day|moment3|interval)\[\]$/, '{}', /./, []],
  [/^day\[\]$/, DAYS, EPOCH, [0n, -1n, 19782n, -25508n, null]],
  [/^day\[\]$/, DAYS, /^isostring$/, ['1970-01-01Z', '1969-12-31Z', '2024-02-29Z', '1900-03-01Z', null]],
  [/^day\[\]$/, '{"-infinity"}', EPOCH, [-2147472691n]],
  [/^day\[\]$/, '{"-infinity"}', /^isostring$/, ['-5877611-06-22Z']],
  [/^moment3\[\]$/, MOMENTS, /^(adaptive.*|connect)$/, [0n, 0n, 1709210096123n, 1709210096789n, null]],
  [/^moment3\[\]$/, MOMENTS, /^microseconds$/, [0n, 0n, 1709210096123000n, 1709210096789000n, null]],
  [/^moment3\[\]$/, MOMENTS, /^nanoseconds$/, [0n, 0n, 1709210096123000000n, 1709210096789000000n, null]],
  [
    /^moment3\[\]$/,
    MOMENTS,
    /^isostring$/,
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '2024-02-29T12:34:56.123Z', '2024-02-29T12:34:56.789Z', null],
  ],
  [/^moment3\[\]$/, '{"-infinity"}', /^(adaptive.*|connect)$/, [-9223372036832400n]],
  [/^moment3\[\]$/, '{"-infinity"}', /^microseconds$/, [-9223372036832400000n]],
  [/^moment3\[\]$/, '{"-infinity"}', /^nanoseconds$/, [-9223372036854775808n]],
  [/^moment3\[\]$/, '{"-infinity"}', /^isostring$/, ['-290308-12-21T19:59:27.6Z']],
  [/^interval\[\]$/, INTERVALS, /^numeric$/, [0n, 37091106789000n, -36572706000001n, 2629800000000n, null]],
  [
    /^interval\[\]$/,
    INTERVALS,
    /^string$/,
    ['P0Y0M0DT0H0M0S', 'P1Y2M3DT4H5M6.789S', 'P-1Y-2M3DT-4H-5M-6.000001S', 'P0Y1M0DT0H0M0S', null],
  ],
  [/^interval\[\]$/, '{"24855 days 03:14:07"}', /^numeric$/, [2147483647000000n]],
  [/^interval\[\]$/, '{"24855 days 03:14:07"}', /^string$/, ['P0Y0M24855DT3H14M7S']],
]

/** Members in the order of the server's text; Debezium has the order of a hash table. */
const ORDER: readonly Difference[] = [
  [/^hstore$/, '"a b"=>"c\\"d\\\\e", "ü"=>"NULL"', /^json$/, '{"ü":"NULL","a b":"c\\"d\\\\e"}'],
  [/^hstore$/, '"a b"=>"c\\"d\\\\e", "ü"=>"NULL"', /^map$/, { ü: 'NULL', 'a b': 'c"d\\e' }],
  [/^hstore$/, 'b=>2,a=>1,aa=>3', /^json$/, '{"a":"1","b":"2","aa":"3"}'],
  [/^hstore$/, 'b=>2,a=>1,aa=>3', /^map$/, { a: '1', b: '2', aa: '3' }],
]

const DIFFERENCES = [...NUMBERS, ...INFINITIES, ...ELEMENTS, ...ARRAYS, ...ORDER]

export interface Written {
  readonly list: RecordedList
  readonly about: RecordedValue
  readonly mode: string
  /** undefined: Debezium omitted the column. */
  readonly theirs: Exact | undefined
  /** The same value in microseconds, as Debezium wrote it. */
  readonly microseconds: Exact | undefined
}

/** What we must write if it differs from what Debezium wrote. undefined: the same. */
export function differentHere({
  list,
  about: { type, value },
  mode,
  theirs,
  microseconds,
}: Written): Exact | undefined {
  if (list === 'unavailable') return tellsUnavailable(theirs) ? undefined : '__debezium_unavailable_value'
  const found = DIFFERENCES.find(([of, text, modes]) => of.test(type) && text === value && modes.test(mode))
  if (found !== undefined) return found[3]
  if (value === null) return theirs === undefined ? null : undefined
  const isTooLong = mode === 'nanoseconds' && theirs === null && typeof microseconds === 'bigint'
  return isTooLong ? microseconds * 1000n : undefined
}

function tellsUnavailable(theirs: Exact | undefined): boolean {
  return theirs !== undefined && /__debezium_unav|X19kZWJleml1bV91bmF2/.test(exactJson(theirs))
}
