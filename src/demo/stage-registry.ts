import type { OpenStage } from './stage.ts'

/** The only place that names the databases of the demo; each is loaded when it is asked for. */
const STAGES = {
  postgresql: async () => (await import('./stages/postgresql/stage.ts')).openStage,
} satisfies Record<string, () => Promise<OpenStage>>

export type DemoKind = keyof typeof STAGES

/** The first is shown where none is named. */
export const DEMO_KINDS = ['postgresql'] as const satisfies readonly DemoKind[]

export async function loadStage(kind: DemoKind): Promise<OpenStage> {
  return await STAGES[kind]()
}
