import { expect, test } from 'vitest'
import { isTrustedOwner } from '../../src/model/ownership.js'

test.each([
  ['this user', 1000, 1000, undefined, true],
  ['root', 0, 1000, undefined, true],
  ['another user', 1001, 1000, undefined, false],
  ['another user, where this process is root', 1000, 0, undefined, false],
  ['the user of --user', 1000, 0, 1000, true],
  ['a third user beside --user', 1001, 0, 1000, false],
  ['any user, where the system has none', 1001, undefined, undefined, true],
] as const)('%s', (_, owner, user, workersUser, trusted) => {
  expect(isTrustedOwner(owner, user, workersUser)).toBe(trusted)
})
