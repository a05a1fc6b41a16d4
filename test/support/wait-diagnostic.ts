/** Describes, in a few lines, the state of something that a test waits for. */
export type WaitDiagnostic = () => string | Promise<string>

/** Longer than a running server takes to answer. */
const ANSWER_MS = 10_000
const diagnostics = new Map<string, WaitDiagnostic>()

/** Registers a diagnostic that is queried when a wait times out, until this is disposed. Only the newest diagnostic of a name is kept. */
export function addWaitDiagnostic(name: string, diagnostic: WaitDiagnostic): Disposable {
  diagnostics.set(name, diagnostic)
  return {
    [Symbol.dispose]() {
      if (diagnostics.get(name) === diagnostic) diagnostics.delete(name)
    },
  }
}

/** The current descriptions of all diagnostics. */
export async function diagnosticsText(): Promise<string> {
  const said = await Promise.all(
    [...diagnostics].map(async ([name, diagnostic]) => `-- ${name}\n${await answer(diagnostic)}`),
  )
  return said.join('\n')
}

async function answer(diagnostic: WaitDiagnostic): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  AbortSignal.timeout(ANSWER_MS).addEventListener('abort', () => resolve(`no answer within ${ANSWER_MS} ms`))
  try {
    return await Promise.race([Promise.resolve().then(diagnostic), promise])
  } catch (error) {
    return `cannot be asked: ${String(error)}`
  }
}
