import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { type Binding, loadBinding } from '../../../src/platform/addon.js'
import { joinRun, readRunId } from '../../../src/store/shared/control.js'
import { controlName, headerSize, runByte, valuesName } from '../../../src/store/shared/format.js'
import { directoryInUse } from '../../../src/store/shared/run-members.js'
import { filesIn, readDirectory } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

const { binding } = loadBinding()

describe.skipIf(binding === undefined)('joining a run with locks', () => {
  test('begins one if no process is in the directory, and wipes the files of an earlier one', ({ stage }) => {
    const { directory, run } = ended(stage)
    const next = joinRun(directory, binding)
    expect(next.id).not.toBe(run)
    expect(filesIn(directory)).toEqual([controlName, 'not-ours.txt'])
    next.leave()
  })

  test('continues the one that another process is in', ({ stage }) => {
    const directory = empty(stage)
    const first = joinRun(directory, binding)
    writeFileSync(join(directory, valuesName(1)), '')
    const second = joinRun(directory, binding)
    expect(second.id).toBe(first.id)
    first.leave()
    expect(joinRun(directory, binding).id).toBe(first.id)
    expect(filesIn(directory)).toContain(valuesName(1))
    second.leave()
  })

  test('begins if a process died after it had reserved space only, and that is not taken for a damaged file', async ({
    stage,
  }) => {
    const directory = empty(stage)
    writeFileSync(join(directory, controlName), Buffer.alloc(headerSize), { mode: 0o600 })
    expect((await readDirectory(directory)).errors).toEqual([])
    const run = joinRun(directory, binding)
    expect((await readDirectory(directory)).errors).toEqual([])
    run.leave()
  })

  test('does not take a stale run for a living one if the process that would have wiped it dies before', ({
    stage,
  }) => {
    const { directory, run } = ended(stage)
    // Another process holds the byte exclusively, and is killed between our two checks.
    const beginner = openSync(join(directory, controlName), 'r+')
    expect(binding!.lock(beginner, runByte, 2)).toBe(true)
    let killed = false
    const watched: Binding = {
      ...binding!,
      lock(fd, byte, mode) {
        const got = binding!.lock(fd, byte, mode)
        if (!got && !killed) {
          closeSync(beginner)
          killed = true
        }
        return got
      },
    }
    const next = joinRun(directory, watched)
    expect(killed).toBe(true)
    expect(next.id).not.toBe(run)
    expect(filesIn(directory)).not.toContain(valuesName(1))
    next.leave()
  })

  test('nor if two come at that moment, which could take each other for members', ({ stage }) => {
    const { directory, run } = ended(stage)
    const beginner = openSync(join(directory, controlName), 'r+')
    expect(binding!.lock(beginner, runByte, 2)).toBe(true)
    const other = openSync(join(directory, controlName), 'r+')
    let killed = false
    let looks = 0
    const watched: Binding = {
      ...binding!,
      lock(fd, byte, mode) {
        const got = binding!.lock(fd, byte, mode)
        if (!got && !killed) {
          closeSync(beginner)
          killed = true
          binding!.lock(other, runByte, 1)
        }
        // The other one looks again as well.
        if (!got && ++looks === 4) closeSync(other)
        return got
      },
    }
    const next = joinRun(directory, watched)
    expect(looks).toBeGreaterThanOrEqual(4)
    expect(next.id).not.toBe(run)
    next.leave()
  })

  test("begins a new one if the control file is not promhive's", ({ stage }) => {
    for (const content of ['', 'text', Buffer.alloc(8192, 255)]) {
      const directory = empty(stage)
      writeFileSync(join(directory, controlName), content)
      const run = joinRun(directory, binding)
      expect(run.id).toMatch(/^[0-9a-f]{32}$/)
      run.leave()
    }
  })

  test('ends permanently when its last process leaves, even if that process continues to run', ({ stage }) => {
    const directory = empty(stage)
    const first = joinRun(directory, binding)
    expect(directoryInUse(directory)).toBe(true)
    first.leave()
    expect(directoryInUse(directory)).toBe(false)
    const next = joinRun(directory, binding)
    expect(next.id).not.toBe(first.id)
    next.leave()
  })

  test('keeps the files if the directory belongs to one run for certain', ({ stage }) => {
    const { directory, run } = ended(stage)
    const next = joinRun(directory, binding, { keep: true })
    expect(next.id).toBe(run)
    expect(filesIn(directory)).toContain(valuesName(1))
    next.leave()
  })
})

describe('joining a run without locks', () => {
  test('begins one if no process is in the directory, and continues the one that another process is in', ({
    stage,
  }) => {
    const { directory, run } = ended(stage, undefined)
    const first = joinRun(directory, undefined)
    expect(first.id).not.toBe(run)
    expect(filesIn(directory)).toEqual([controlName, 'not-ours.txt'])
    // No process has a seat yet: the control file shows which one began.
    const second = joinRun(directory, undefined)
    expect(second.id).toBe(first.id)
    expect(second.current()).toBe(true)
    first.leave()
  })

  test('is not stopped by a process that was killed while it began one', ({ stage }) => {
    const { directory, run } = ended(stage, undefined)
    const livenessId = '0123456789abcdef0123456789abcdef'
    const dead = { pid: 1, threadId: 0, startTicks: 1, pidNamespace: 0, startedAt: 0, livenessId }
    const claim = '.beginning.claim-0123456789abcdef'
    writeFileSync(join(directory, claim), JSON.stringify(dead))
    const next = joinRun(directory, undefined)
    expect(next.id).not.toBe(run)
    expect(filesIn(directory)).not.toContain(claim)
    next.leave()
  })

  test.skipIf(binding === undefined)('sees the processes in it that have a lock', ({ stage }) => {
    const directory = empty(stage)
    const locked = joinRun(directory, binding)
    expect(joinRun(directory, undefined).id).toBe(locked.id)
    locked.leave()
  })

  test.skipIf(binding === undefined)('is seen by processes with the addon', ({ stage }) => {
    const directory = empty(stage)
    const unlocked = joinRun(directory, undefined)
    const locked = joinRun(directory, binding)
    expect(locked.id).toBe(unlocked.id)
    locked.leave()
    unlocked.leave()
  })
})

function empty(stage: Stage): string {
  const directory = stage.directory()
  mkdirSync(directory)
  return directory
}

/** A directory in which a run has ended: files exist that no process holds. */
function ended(stage: Stage, by: Binding | undefined = binding): { directory: string; run: string } {
  const directory = empty(stage)
  joinRun(directory, by).leave()
  for (const name of [valuesName(1), '0001.series', '.tmp-1-abc', 'not-ours.txt'])
    writeFileSync(join(directory, name), '')
  const fd = openSync(join(directory, controlName), 'r')
  const run = readRunId(fd)!
  closeSync(fd)
  return { directory, run }
}
