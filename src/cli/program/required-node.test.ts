import { expect, it } from 'vitest'
import { oldNodeComplaint } from './required-node.ts'

it.each(['24.0.0', '26.10.0', '100.1.2'])('Node %s runs us', (version) => {
  expect(oldNodeComplaint(version)).toBeNull()
})

it.each(['23.11.1', '9.0.0'])('Node %s is refused with the required and the found version', (version) => {
  expect(oldNodeComplaint(version)).toContain(`needs Node 24 or newer; this is Node ${version}`)
})
