const NEEDED = 24

/** The message for a Node that is too old. null: this one is not. Any Node that supports modules must be able to load this file. */
export function oldNodeComplaint(version: string): string | null {
  if (Number(version.split('.')[0]) >= NEEDED) return null
  return `Offbeat needs Node ${NEEDED} or newer; this is Node ${version}. Install a newer one, from nodejs.org or your system's packages.`
}
