import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'

/** null: the user may not, or the server has no such command. */
export async function ifAllowed(ask: () => Promise<Document>): Promise<Document | null> {
  try {
    return await ask()
  } catch (error) {
    const isRefused =
      error instanceof OffbeatError && (error.code === 'DATABASE_PERMISSION' || error.code === 'DATABASE_ERROR')
    if (isRefused) return null
    throw error
  }
}
