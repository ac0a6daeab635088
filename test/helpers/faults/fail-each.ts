import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { loadBinding } from '../../../src/platform/addon.js'
import { freshDirectory } from '../homes.js'
import type { Fault } from './failing.js'
import { liveWith } from './life.js'
import { HandTimers } from './timers.js'

/**
 * Repeats a life, with another failing call each time, until a life makes no call that would fail: SQLite's loop.
 * Returns the number of calls of a whole life.
 *
 * @param every the distance from one failing call to the next
 */
export async function failEach(fault: Omit<Fault, 'nth'>, backend: string, every = 1): Promise<number> {
  // The fallback recognises living processes by their pids: here all are this process, so they would live forever.
  if (backend === 'mmap' && loadBinding().binding === undefined) throw new Error('no native addon here: npm run build')
  const silent = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  vi.stubEnv('PROMHIVE_NATIVE', backend === 'buffered' ? 'off' : '')
  onTestFinished(() => {
    silent.mockRestore()
    vi.unstubAllEnvs()
  })
  const directory = join(freshDirectory(), 'metrics')
  const timers = new HandTimers()
  for (let nth = 1; ; nth += every) {
    const { failed, wrong, made } = await liveWith(directory, { ...fault, nth }, timers, backend === 'mmap')
    expect(wrong, `call ${nth} failed: ${failed[0]}`).toEqual([])
    if (failed.length === 0) return made
  }
}
