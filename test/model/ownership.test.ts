import { describe, expect, test } from 'vitest'
import { type FileOwnership, isPrivate, isTrusted, isTrustedOwner, keepsEntries } from '../../src/model/ownership.js'

const facts = (uid: number, mode: number, gid = 1000): FileOwnership => ({ uid, gid, mode })

describe('the users that may change a file', () => {
  test.each([
    ['of this user', facts(1000, 0o755), true],
    ['of root', facts(0, 0o755), true],
    ['of another user', facts(1001, 0o700), false],
    ['that every user may write', facts(1000, 0o777), false],
    ['that every user may write, with the sticky bit', facts(0, 0o1777), false],
    ["that its user's own group may write", facts(1000, 0o775), true],
    ['that another group may write', facts(1000, 0o775, 50), false],
    ["that root's group may write", facts(0, 0o775, 0), true],
  ])('%s', (_, given, expected) => {
    expect(isTrusted(given, 1000)).toBe(expected)
  })

  test('a private directory is this user’s alone', () => {
    expect(isPrivate(facts(1000, 0o40700), 1000)).toBe(true)
    for (const mode of [0o755, 0o750, 0o701, 0o770]) expect(isPrivate(facts(1000, mode), 1000)).toBe(false)
    expect(isPrivate(facts(0, 0o700), 1000)).toBe(false)
  })

  test('the sticky bit keeps entries, if the directory is of root or this user', () => {
    expect(keepsEntries(facts(0, 0o1777), 1000)).toBe(true)
    expect(keepsEntries(facts(1000, 0o1777), 1000)).toBe(true)
    expect(keepsEntries(facts(1001, 0o1777), 1000)).toBe(false)
    expect(keepsEntries(facts(0, 0o777), 1000)).toBe(false)
  })
})

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
