/**
 * An SQL condition: clients can write. `read_only` is a number, in MariaDB 12 a word: `OFF`, `ON`, or one of those that also keep clients
 * from locking tables.
 */
export function canWrite(readOnly = '@@GLOBAL.read_only'): string {
  return `CONCAT(${readOnly}) IN ('0', 'OFF')`
}
