import type { OffbeatError } from '../../model/error.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { ExitCode } from './command.ts'

export function exitCodeOf(error: OffbeatError): ExitCode {
  switch (error.kind) {
    case 'configuration':
    case 'permission':
    case 'read-only':
      return 2
    case 'lost position':
      return 3
    case 'transient':
    case 'unknown':
      return 4
    case 'defect':
      return 70
    case 'notice':
      return 1
    default:
      return unreachable(error.kind)
  }
}

/** From the least to the most urgent. */
const BY_GRAVITY: readonly ExitCode[] = [0, 1, 4, 2, 3, 70]

export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce((worst, code) => (BY_GRAVITY.indexOf(code) > BY_GRAVITY.indexOf(worst) ? code : worst), 0)
}
