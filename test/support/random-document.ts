import fc from 'fast-check'
import { BSON } from 'mongodb'

/*
 * Documents of all types that the package `bson` keeps apart and writes as the specification of Extended JSON does. It turns DBPointers into
 * references and writes `undefined` as null, so those have cases of their own.
 */

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })

/** `bson` reads what begins with a dollar as one of its types, and cannot hold `__proto__`. */
const name = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => !text.includes('\0') && !text.startsWith('$') && text !== '__proto__')
const text = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '"', '\\', '\n', '\0', '\x1f', '\x7f', 'é', '€', '😀', '\u2028'),
})
const longText = fc.tuple(text, fc.integer({ min: 0, max: 300 })).map(([end, count]) => `${'x'.repeat(count)}${end}`)
const pattern = text.map((written) => written.replaceAll('\0', ''))
const subtype = fc.constantFrom(0, 1, 2, 3, 5, 6, 0x80, 0xff)

const decimalNumber = fc
  .record({
    coefficient: fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 34n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 18n })),
    exponent: fc.oneof(fc.integer({ min: 0, max: 12_287 }), fc.integer({ min: 6140, max: 6180 })),
    sign: fc.nat({ max: 1 }),
  })
  .map(({ coefficient, exponent, sign }) =>
    decimalBytes((BigInt(sign) << 127n) | (BigInt(exponent) << 113n) | coefficient),
  )

/** The 16 bytes of a decimal. Those with more than 34 digits, which mean 0, are not among them: `bson` writes their digits. */
export const randomDecimal128: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 9, arbitrary: decimalNumber },
  { weight: 1, arbitrary: fc.constantFrom(0x7cn, 0x78n, 0xf8n).map((top) => decimalBytes(top << 120n)) },
)

function decimalBytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn))
}

const simple: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: text },
  longText,
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => new BSON.Int32(value)),
  int64.map((value) => BSON.Long.fromBigInt(value)),
  fc.double().map((value) => new BSON.Double(value)),
  fc.integer().map((value) => new BSON.Double(value)),
  randomDecimal128.map((value) => new BSON.Decimal128(value)),
  bytes(12).map((value) => new BSON.ObjectId(value)),
  fc.tuple(fc.uint8Array({ maxLength: 200 }), subtype).map(([value, type]) => new BSON.Binary(value, type)),
  bytes(16).map((value) => new BSON.Binary(value, 4)),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true, min: new Date(-8.64e15), max: new Date(8.64e15) }),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(253402300799999) }),
  fc.tuple(pattern, fc.constantFrom('', 'i', 'mx', 'imsux')).map(([of, options]) => new BSON.BSONRegExp(of, options)),
  text.map((code) => new BSON.Code(code)),
  fc.tuple(text, text).map(([code, value]) => new BSON.Code(code, { value })),
  text.map((value) => new BSON.BSONSymbol(value)),
  fc.tuple(uint32, uint32).map(([t, i]) => new BSON.Timestamp({ t, i })),
  fc.constantFrom(new BSON.MinKey(), new BSON.MaxKey()),
)

const { document } = fc.letrec<{ document: Record<string, unknown>; value: unknown }>((tie) => ({
  document: fc.dictionary(name, tie('value'), { maxKeys: 6 }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: simple },
    { weight: 1, arbitrary: tie('document') },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 5 }) },
  ),
}))

/** The bytes of random documents. */
export const randomDocument: fc.Arbitrary<Uint8Array> = document.map((value) => BSON.serialize(value))
