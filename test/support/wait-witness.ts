/** Describes, in a few lines, the state of something that a test waits for. */
export type Witness = () => string | Promise<string>

/** Longer than a running server takes to answer. */
const ANSWER_MS = 10_000
const witnesses = new Map<string, Witness>()

/** Registers a witness that is queried when a wait times out, until this is disposed. Only the newest witness of a name is kept. */
export function askWhenWaitExpires(name: string, witness: Witness): Disposable {
  witnesses.set(name, witness)
  return {
    [Symbol.dispose]() {
      if (witnesses.get(name) === witness) witnesses.delete(name)
    },
  }
}

/** The current descriptions of all witnesses. */
export async function testimony(): Promise<string> {
  const said = await Promise.all([...witnesses].map(async ([name, witness]) => `-- ${name}\n${await answer(witness)}`))
  return said.join('\n')
}

async function answer(witness: Witness): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  AbortSignal.timeout(ANSWER_MS).addEventListener('abort', () => resolve(`no answer within ${ANSWER_MS} ms`))
  try {
    return await Promise.race([Promise.resolve().then(witness), promise])
  } catch (error) {
    return `cannot be asked: ${String(error)}`
  }
}
