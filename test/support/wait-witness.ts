/** Says in some lines how it stands with something that a test waits for. */
export type Witness = () => string | Promise<string>

/** Longer than a server that is alive takes to answer. */
const ANSWER_MS = 10_000
const witnesses = new Map<string, Witness>()

/** Asked when a wait expires, until this is disposed. Of one name there is one: the newest. */
export function askWhenWaitExpires(name: string, witness: Witness): Disposable {
  witnesses.set(name, witness)
  return {
    [Symbol.dispose]() {
      if (witnesses.get(name) === witness) witnesses.delete(name)
    },
  }
}

/** What all of them say now. */
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
