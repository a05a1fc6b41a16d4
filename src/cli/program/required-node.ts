const NEEDED = 24

/** What to tell a Node that is too old to run us, null for one that is not. Any Node that knows modules must be able to read this file. */
export function oldNodeComplaint(version: string): string | null {
  if (Number(version.split('.')[0]) >= NEEDED) return null
  return `Offbeat needs Node ${NEEDED} or newer; this is Node ${version}. Install a newer one, from nodejs.org or your system's packages.`
}
