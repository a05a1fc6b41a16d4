/** What the benchmark writes and reads. */
export const DATABASE = 'shop'
export const COLLECTION = 'orders'

/** The position of a source at the beginning of the log: a time, as seconds and increment. */
export interface LogPlace {
  readonly seconds: number
  readonly increment: number
}

/** What a process that reads the log is given. It ends when it has read so many events. */
export interface ReadingOptions {
  readonly url: string
  readonly from: LogPlace
  readonly rows: number
}
