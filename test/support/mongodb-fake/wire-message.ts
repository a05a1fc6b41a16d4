import { BSON } from 'mongodb'

/** int64 are bigint, so that cursor ids are exact; int32 and double are both number. */
export type BsonDocument = Readonly<Record<string, unknown>>

/** A command of a client, and how its reply must be framed. */
export interface WireRequest {
  readonly id: number
  readonly form: 'message' | 'query'
  readonly command: BsonDocument
  /** The client waits for no reply. */
  readonly unacknowledged: boolean
}

const HEADER_BYTES = 16
const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const CHECKSUM_PRESENT = 1
const MORE_TO_COME = 2

/** Whether the bytes of the parts are at least one message. */
export function hasMessage(parts: readonly Buffer[]): boolean {
  const first = parts.find((part) => part.length > 0)
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  if (first === undefined || size < HEADER_BYTES) return false
  return first.length < 4 || size >= first.readInt32LE(0)
}

/**
 * Cuts whole messages from the front of the bytes. Each begins with the header int32 length, int32 requestID, int32 responseTo,
 * int32 opCode.
 */
export function takeMessages(bytes: Buffer): { readonly messages: readonly Buffer[]; readonly rest: Buffer } {
  const messages: Buffer[] = []
  let rest = bytes
  while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
    messages.push(rest.subarray(0, rest.readInt32LE(0)))
    rest = rest.subarray(rest.readInt32LE(0))
  }
  return { messages, rest }
}

export function readRequest(message: Buffer): WireRequest {
  const id = message.readInt32LE(4)
  const opCode = message.readInt32LE(12)
  switch (opCode) {
    case OP_MSG:
      return { id, form: 'message', ...readOpMsg(message) }
    case OP_QUERY:
      return { id, form: 'query', command: readOpQuery(message), unacknowledged: false }
    default:
      throw new Error(`the fake does not read opCode ${opCode}`)
  }
}

/** uint32 flags, then sections: byte 0, document; or byte 1, int32 size, cstring name, documents. */
function readOpMsg(message: Buffer): Pick<WireRequest, 'command' | 'unacknowledged'> {
  const flags = message.readUInt32LE(HEADER_BYTES)
  const end = message.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4)
  let command: BsonDocument = {}
  let at = HEADER_BYTES + 4
  while (at < end) {
    const kind = message[at]
    const size = message.readInt32LE(at + 1)
    const section = message.subarray(at + 1, at + 1 + size)
    command = kind === 0 ? { ...parse(section), ...command } : { ...command, ...readSequence(section) }
    at += 1 + size
  }
  return { command, unacknowledged: (flags & MORE_TO_COME) !== 0 }
}

function readSequence(section: Buffer): BsonDocument {
  const nameEnd = section.indexOf(0, 4)
  const documents: BsonDocument[] = []
  let at = nameEnd + 1
  while (at < section.length) {
    const size = section.readInt32LE(at)
    documents.push(parse(section.subarray(at, at + size)))
    at += size
  }
  return { [section.toString('utf8', 4, nameEnd)]: documents }
}

/** The form in which drivers send their first hello: int32 flags, cstring namespace, int32 skip, int32 limit, document. */
function readOpQuery(message: Buffer): BsonDocument {
  const nameEnd = message.indexOf(0, HEADER_BYTES + 4)
  return parse(message.subarray(nameEnd + 1 + 8))
}

function parse(bytes: Buffer): BsonDocument {
  return BSON.deserialize(bytes, { useBigInt64: true, promoteBuffers: false })
}

/** The parts of the message are not joined, because a reply can have many megabytes. */
export function writeReply(
  request: Pick<WireRequest, 'id' | 'form'>,
  reply: BsonDocument | Buffer,
): { readonly head: Buffer; readonly document: Uint8Array } {
  const document = Buffer.isBuffer(reply) ? reply : BSON.serialize(reply, { checkKeys: false, ignoreUndefined: true })
  const front = request.form === 'message' ? opMsgFront() : opReplyFront()
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeInt32LE(HEADER_BYTES + front.length + document.length, 0)
  header.writeInt32LE(request.id, 8)
  header.writeInt32LE(request.form === 'message' ? OP_MSG : OP_REPLY, 12)
  return { head: Buffer.concat([header, front]), document }
}

function opMsgFront(): Buffer {
  return Buffer.alloc(5)
}

/** int32 flags (8: can await), int64 cursor, int32 start, int32 count. */
function opReplyFront(): Buffer {
  const front = Buffer.alloc(20)
  front.writeInt32LE(8, 0)
  front.writeInt32LE(1, 16)
  return front
}
