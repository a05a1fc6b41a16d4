import { OffbeatError } from '../../../model/error.ts'

/** The value of a query that nothing may fail for. null: it failed. Throws if the signal is aborted, and for a defect. */
export async function unlessFailed<T>(reading: Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof OffbeatError) return null
    throw error
  }
}
