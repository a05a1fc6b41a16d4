import type { TestContext } from 'vitest'

/** One line of the fault matrix in docs/operations.md. */
export interface Fault {
  /** The fault that is caused: in our process, the server or the network between. */
  readonly fault: string
  /** The verdict that `status` reports meanwhile. null: the test did not check it. */
  readonly verdict: string | null
  readonly result: string
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: Fault
  }
}

/** Call this at the end of a test. The matrix is generated from the tests that reached it. */
export function proven({ task }: TestContext, fault: Fault): void {
  task.meta.fault = fault
}
