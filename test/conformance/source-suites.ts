import { beatSuite } from './beat-suite.ts'
import { commandSuite } from './command-suite.ts'
import { doctorSuite } from './doctor-suite.ts'
import { probeSuite } from './probe-suite.ts'
import { readerSuite } from './reader-suite.ts'
import { setupSuite } from './setup-suite.ts'
import type { Stage, StageDatabase } from './stage.ts'

/** Runs the suites for all parts that this kind has. */
export function sourceSuites<Database extends StageDatabase>(stage: Stage<Database>): void {
  probeSuite(stage)
  if (stage.reader !== undefined) readerSuite(stage, stage.reader)
  if (stage.beat !== undefined) beatSuite(stage, stage.beat)
  if (stage.setup !== undefined) setupSuite(stage, stage.setup)
  if (stage.doctor !== undefined) doctorSuite(stage, stage.doctor)
  if (stage.reader !== undefined) commandSuite(stage)
}
