import { waitFor } from './wait-for.ts'

/** The output of a running program. */
export interface WrittenOutput {
  /** The program's name, for the failure message. */
  readonly name: string
  stdout(): string
  stderr(): string
  hasEnded(): boolean
}

/** Waits until the standard output or standard error matches. Fails with the output if the program ends first. */
export async function outputMatching(program: WrittenOutput, pattern: RegExp): Promise<RegExpExecArray> {
  return await waitFor({ until: `the output of ${program.name} matches ${pattern}` }, () => {
    const found = pattern.exec(program.stdout()) ?? pattern.exec(program.stderr())
    if (found === null && program.hasEnded()) {
      throw new Error(`it ended without writing ${pattern}:\n${program.stdout()}\n${program.stderr()}`)
    }
    return found
  })
}
