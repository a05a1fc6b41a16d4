import type { Document } from 'mongodb'
import type { ServerRequest } from '../../connect/server-request.ts'

/** The command's name and its namespace. Its other fields can contain values or a password, so they are left out. */
export function commandRequest(database: string, command: Document): ServerRequest {
  const [name = '', value] = Object.entries(command)[0] ?? []
  const collection = name === 'getMore' ? command['collection'] : value
  const named = typeof collection === 'string' && !collection.startsWith('$') ? collection : null
  const object = named === null ? `the database ${database}` : `the collection ${database}.${named}`
  const writes = ['insert', 'update', 'delete', 'findAndModify'].includes(name)
  return {
    statement: named === null ? name : `${name} on ${database}.${named}`,
    object,
    table: writes && named !== null ? `${database}.${named}` : null,
  }
}
