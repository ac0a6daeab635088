import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Claim } from '../../../src/store/shared/claim.js'
import { claimName, isClaimName } from '../../../src/store/shared/format.js'
import { Leadership, leaderRuns } from '../../../src/store/shared/leadership.js'
import { livenessIdIn } from '../../../src/store/shared/liveness-file.js'
import { ownFacts } from '../../../src/store/shared/process-facts.js'
import { claimAtOnce } from '../../helpers/processes/claimants.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

const dead = '0123456789abcdef0123456789abcdef'

function folder(stage: Stage): string {
  const directory = stage.directory()
  mkdirSync(directory, { mode: 0o700 })
  return directory
}

const claimsIn = (directory: string): string[] => readdirSync(directory).filter(isClaimName)

describe('a claim', () => {
  test('belongs to one at a time, and is free when it is released', ({ stage }) => {
    const directory = folder(stage)
    const first = Claim.take(directory, '.removing')
    expect([first?.present, Claim.isTaken(directory, '.removing')]).toEqual([true, true])
    expect(Claim.take(directory, '.removing')).toBeUndefined()
    expect(Claim.take(directory, '0001')?.present).toBe(true)
    first!.release()
    expect(Claim.isTaken(directory, '.removing')).toBe(false)
    expect(Claim.take(directory, '.removing')?.present).toBe(true)
  })

  test('of a dead process is removed, however new it is; that of a living one never, however old', ({ stage }) => {
    const directory = folder(stage)
    const path = (id: string): string => join(directory, claimName('.removing', id))
    writeFileSync(path('0000000000000001'), JSON.stringify({ ...ownFacts(), livenessId: dead }))
    expect(Claim.isTaken(directory, '.removing')).toBe(false)
    expect(claimsIn(directory)).toEqual([])
    writeFileSync(path('0000000000000002'), JSON.stringify({ ...ownFacts(), livenessId: livenessIdIn(directory) }))
    expect(Claim.take(directory, '.removing')).toBeUndefined()
    // What is not a claim.
    writeFileSync(path('0000000000000002'), 'x')
    expect(Claim.take(directory, '.removing')?.present).toBe(true)
    expect(claimsIn(directory)).toHaveLength(1)
  })

  test('never belongs to two processes, while they are killed at any moment', async ({ stage }) => {
    const { taken, shared, killed } = await claimAtOnce(stage, 6, 4_000)
    expect(shared).toBe(0)
    expect(killed).toBeGreaterThan(0)
    expect(taken).toBeGreaterThan(50)
  })
})

describe('without locks that others see', () => {
  test('one process leads, and another at once when it is dead', ({ stage }) => {
    const directory = folder(stage)
    const [one, two] = [new Leadership(directory, undefined), new Leadership(directory, undefined)]
    for (const each of [one, two]) stage.after(() => each.leave())
    expect([one.held(), two.held(), one.held()]).toEqual([true, false, true])
    expect(leaderRuns(directory, undefined, 'else')).toBe(false)
    one.leaveNote('noted')
    one.leave()
    expect([two.held(), two.note(), one.held()]).toEqual([true, 'noted', false])
    two.leave()
    const killed = claimName('.leader', '0123456789abcdef')
    writeFileSync(join(directory, killed), JSON.stringify({ ...ownFacts(), livenessId: dead }))
    expect(one.held()).toBe(true)
  })
})
