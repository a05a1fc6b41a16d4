/** Of a file: who owns it, and what its owner, its group and others may do. */
export interface FileRights {
  readonly mode: number
  /** 0: root. */
  readonly owner: number
}

/** libpq's own rule for a key: one's own file is for oneself alone; root's may be read by a group, as one that is mounted is. */
export function isForOthers({ mode, owner }: FileRights): boolean {
  return (mode & (owner === 0 ? 0o037 : 0o077)) !== 0
}

export const PRIVATE_MODE = 'mode 0600 or less, or 0640 where root owns it'

/** As `chmod` takes it. */
export function modeText({ mode }: FileRights): string {
  return (mode & 0o777).toString(8).padStart(4, '0')
}
