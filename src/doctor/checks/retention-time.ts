const DAY_MS = 86_400_000

/** From Friday evening to Monday morning, with a margin. */
export const WEEKEND_MS = 3 * DAY_MS
export const WEEK_MS = 7 * DAY_MS
