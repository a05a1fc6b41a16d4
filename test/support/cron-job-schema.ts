import { validate } from 'kubernetes-models/_schemas/IoK8sApiBatchV1CronJob'

/**
 * What is wrong with a CronJob, by the schema that Kubernetes publishes; empty: nothing. The published schema allows unknown fields, which an API
 * server refuses or drops. Its validator asks for each field that it knows, so a field that was never asked for is unknown.
 */
export function cronJobMistakes(manifest: unknown): readonly string[] {
  const unknown = new Set<string>()
  const isValid = validate(watched(manifest, '', unknown))
  const errors: readonly unknown[] = isValid ? [] : [Reflect.get(validate, 'errors')].flat()
  return [...errors.map((error) => JSON.stringify(error)), ...[...unknown].map((path) => `${path} is unknown`)]
}

/** A view of the value that removes the path of each field from `unread` when it is read. */
function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const paths = new Map(Object.keys(value).map((key) => [key, `${path}/${key}`]))
  const views = new Map(Object.entries(value).map(([key, each]) => [key, watched(each, `${path}/${key}`, unread)]))
  for (const each of paths.values()) unread.add(each)
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== 'string' || !views.has(key)) return Reflect.get(target, key)
      unread.delete(paths.get(key) ?? '')
      return views.get(key)
    },
  })
}
