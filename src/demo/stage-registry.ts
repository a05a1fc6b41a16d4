import type { OpenStage } from './stage.ts'

/** The only list of the demo's databases. Each one is loaded on demand. */
const STAGES = {
  postgresql: async () => (await import('./stages/postgresql/stage.ts')).openStage,
  mysql: async () => (await import('./stages/mysql/stage.ts')).mysqlStage('mysql'),
  mariadb: async () => (await import('./stages/mysql/stage.ts')).mysqlStage('mariadb'),
  mongodb: async () => (await import('./stages/mongodb/stage.ts')).mongodbStage(),
} satisfies Record<string, () => Promise<OpenStage>>

export type DemoKind = keyof typeof STAGES

/** The first is the default. */
export const DEMO_KINDS = ['postgresql', 'mysql', 'mariadb', 'mongodb'] as const satisfies readonly DemoKind[]

export async function loadStage(kind: DemoKind): Promise<OpenStage> {
  return await STAGES[kind]()
}
