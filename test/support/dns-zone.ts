import { createSocket, type Socket } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'

/** The records by `TYPE name`. SRV: `host:port`. TXT: the text. A name that has none of any type does not exist. */
export type DnsRecords = Readonly<Record<string, readonly string[]>>

const TYPES: Readonly<Record<number, string>> = { 16: 'TXT', 33: 'SRV' }
const IN = 1
const RESPONSE = 0x8180
const NAME_ERROR = 3
const SERVER_FAILURE = 2
/** A pointer to the question, as the name of each answer. */
const QUESTION = 0xc00c

/**
 * A DNS server on loopback that this process asks until it is disposed. Addresses are not looked up in DNS but by the system, so the names of
 * `.test` all lead to loopback.
 */
export class DnsZone implements AsyncDisposable {
  /** What was asked, as `TYPE name`. */
  readonly asked: string[] = []
  records: DnsRecords
  /** It answers each question with an error of its own. */
  isBroken = false
  readonly #socket: Socket = createSocket('udp4')
  readonly #servers = dns.getServers()
  readonly #lookup = dns.lookup

  private constructor(records: DnsRecords) {
    this.records = records
    this.#socket.on('message', (query, { port, address }) => this.#socket.send(this.#answer(query), port, address))
  }

  static async open(records: DnsRecords): Promise<DnsZone> {
    const zone = new DnsZone(records)
    zone.#socket.bind(0, '127.0.0.1')
    await once(zone.#socket, 'listening')
    dns.setServers([`127.0.0.1:${zone.#socket.address().port}`])
    const byName = (name: string) => (name.endsWith('.test') ? '127.0.0.1' : name)
    Reflect.set(dns, 'lookup', (name: string, ...more: unknown[]) =>
      Reflect.apply(zone.#lookup, dns, [byName(name), ...more]),
    )
    return zone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Reflect.set(dns, 'lookup', this.#lookup)
    dns.setServers(this.#servers)
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  /** Header: id, flags, four counts, each uint16. Question: labels, type, class. */
  #answer(query: Buffer): Buffer {
    const labels: string[] = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    const name = labels.join('.').toLowerCase()
    const type = query.readUInt16BE(at + 1)
    const key = `${TYPES[type] ?? type} ${name}`
    this.asked.push(key)
    const found = (this.records[key] ?? []).map((record) => answer(type, record))
    const isKnown = Object.keys(this.records).some((each) => each.endsWith(` ${name}`))
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    const missing = isKnown ? 0 : NAME_ERROR
    for (const [index, value] of [
      RESPONSE | (this.isBroken ? SERVER_FAILURE : missing),
      1,
      found.length,
      0,
      0,
    ].entries())
      header.writeUInt16BE(value, 2 + 2 * index)
    return Buffer.concat([header, query.subarray(12, at + 5), ...found])
  }
}

/** Name, type, class, uint32 time to live, length, data. */
function answer(type: number, record: string): Buffer {
  const data = TYPES[type] === 'SRV' ? srvData(record) : labelOf(record)
  const front = Buffer.alloc(12)
  for (const [index, value] of [QUESTION, type, IN].entries()) front.writeUInt16BE(value, 2 * index)
  front.writeUInt16BE(data.length, 10)
  return Buffer.concat([front, data])
}

/** Priority, weight, port, each uint16, and the name of the host. */
function srvData(record: string): Buffer {
  const [host = '', port] = record.split(':')
  const front = Buffer.alloc(6)
  front.writeUInt16BE(Number(port), 4)
  return Buffer.concat([front, ...host.split('.').map(labelOf), Buffer.alloc(1)])
}

function labelOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])
}
