import { expect, test } from 'vitest'
import { compareIdentity } from './identity.ts'

const SET = { replicaSet: 'rs0' }
const CLUSTER = { cluster: 'sharded' }

test.each([
  [{ ...SET, replicaSetId: 'a' }, { ...SET, replicaSetId: 'a' }, 'same'],
  [{ ...SET, replicaSetId: 'a' }, { ...SET, replicaSetId: 'b' }, 'other'],
  // The id decides, also after the set got another name.
  [{ ...SET, replicaSetId: 'a' }, { replicaSet: 'rs1', replicaSetId: 'a' }, 'same'],
  [SET, { replicaSet: 'rs1' }, 'other'],
  [SET, { replicaSet: 'rs1', replicaSetId: 'a' }, 'other'],
  // The name alone proves nothing.
  [SET, SET, 'unproven'],
  [SET, { ...SET, replicaSetId: 'a' }, 'unproven'],
  [null, { ...SET, replicaSetId: 'a' }, 'unproven'],
  [{ ...CLUSTER, clusterId: 'a' }, { ...CLUSTER, clusterId: 'a' }, 'same'],
  [{ ...CLUSTER, clusterId: 'a' }, { ...CLUSTER, clusterId: 'b' }, 'other'],
  [SET, CLUSTER, 'other'],
])('%j is to %j: %s', (stored, now, expected) => {
  expect(compareIdentity(stored, now)).toBe(expected)
})
