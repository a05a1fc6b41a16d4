/**
 * Runs all tasks until the signal aborts. If one fails, the others are stopped. Rejects with the first failure after all of them have
 * ended.
 */
export async function together(
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(either)
      } catch (error) {
        failed.abort({ error })
      }
    }),
  )
  if (!failed.signal.aborted) return
  const reason: unknown = failed.signal.reason
  throw typeof reason === 'object' && reason !== null && 'error' in reason ? reason.error : reason
}
