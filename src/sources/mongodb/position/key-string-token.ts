import type { ResumeToken } from './resume-token.ts'

const EIGHT = 0x38
const TWO = 0x32
const PREFIX_DIGITS = 18
/** A BSON document of 0x82 bytes begins like a key string. */
const BSON_DIGITS = 2 * 0x82
const BSON_START = '82000000'
const HEX = /^[0-9A-Fa-f]+$/

/**
 * The token of an event from mongod: `_data` is a key string in hexadecimal digits. It begins with 82 and the cluster time, and its text
 * order is the order of the log. The text is only made when somebody asks for it, since few tokens of many are ever stored. Until then it
 * keeps the bytes of the whole reply in memory.
 */
export class KeyStringToken implements ResumeToken {
  #bytes: Buffer | null
  readonly #start: number
  readonly #end: number
  #data = ''

  private constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  /** null: the text from `start` to `end`, which is the token's `_data`, does not begin like a key string. */
  static at(bytes: Buffer, start: number, end: number): KeyStringToken | null {
    if (end - start < PREFIX_DIGITS || bytes[start] !== EIGHT || bytes[start + 1] !== TWO) return null
    for (let i = start + 2; i < start + PREFIX_DIGITS; i++) if (!isDigit(bytes[i] as number)) return null
    const token = new KeyStringToken(bytes, start, end)
    return end - start === BSON_DIGITS && token.text.startsWith(BSON_START) ? null : token
  }

  get form(): 'data' | 'document' {
    this.keep()
    return HEX.test(this.#data) ? 'data' : 'document'
  }

  get text(): string {
    return this.form === 'data' ? this.#data : JSON.stringify({ _data: this.#data })
  }

  /** Makes it independent of the reply's bytes. */
  keep(): void {
    if (this.#bytes === null) return
    this.#data = this.#bytes.toString('latin1', this.#start, this.#end)
    this.#bytes = null
  }

  /** Below 0: this one is earlier. */
  compareTo(other: KeyStringToken): number {
    const [a, b] = [this.#bytes, other.#bytes]
    if (a === null || b === null) return compareTexts(this.#shown, other.#shown)
    const count = this.#end - this.#start
    const otherCount = other.#end - other.#start
    for (let i = 2; i < count && i < otherCount; i++) {
      const difference = (a[this.#start + i] as number) - (b[other.#start + i] as number)
      if (difference !== 0) return difference
    }
    return count - otherCount
  }

  /** Leaves it as it is, so that comparing many in a row does not make a text of each. */
  get #shown(): string {
    return this.#bytes === null ? this.#data : this.#bytes.toString('latin1', this.#start, this.#end)
  }
}

function compareTexts(a: string, b: string): number {
  return Number(a > b) - Number(a < b)
}

/** The same token, which does not keep a reply in memory. */
export function keptToken(token: ResumeToken): ResumeToken {
  if (token instanceof KeyStringToken) token.keep()
  return token
}

/** Of hexadecimal with capital letters, as mongod writes it. */
function isDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46)
}
