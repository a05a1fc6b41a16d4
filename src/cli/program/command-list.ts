import { beatCommand } from '../beat/beat.ts'
import { completionCommand } from '../completion/completion.ts'
import { demoCommand } from '../demo/demo.ts'
import { doctorCommand } from '../doctor/doctor.ts'
import { explainCommand } from '../explain/explain.ts'
import { healthCommand } from '../health/health.ts'
import { historyCommand } from '../history/history.ts'
import { initCommand } from '../init/init.ts'
import { offsetsCommand } from '../offsets/offsets.ts'
import { planCommand } from '../plan/plan.ts'
import { runCommand } from '../run/run.ts'
import { setupCommand } from '../setup/setup.ts'
import { statusCommand } from '../status/status.ts'
import { supportCommand } from '../support/support.ts'
import { tailCommand } from '../tail/tail.ts'
import type { Command, CommandGroup } from './command.ts'

/** In the order of the help. */
export const commandList: readonly (Command | CommandGroup)[] = [
  demoCommand,
  initCommand,
  setupCommand,
  doctorCommand,
  runCommand,
  statusCommand,
  tailCommand,
  offsetsCommand,
  beatCommand,
  historyCommand,
  planCommand,
  healthCommand,
  supportCommand,
  explainCommand,
  completionCommand,
]
