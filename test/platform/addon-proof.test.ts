import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Binding, loadBinding } from '../../src/platform/addon.js'
import { addonFault } from '../../src/platform/addon-proof.js'
import { root } from '../helpers/processes/dist.js'

const { binding } = loadBinding()

afterEach(() => vi.unstubAllEnvs())

/** Addons that do one thing wrong: how each is made of the real one, and the step that refuses it. */
const lies: Readonly<Record<string, (real: Binding, opened: number[]) => Partial<Binding>>> = {
  'reserving makes a file as long as asked': () => ({ reserve() {} }),
  'reserving makes a file grow': (real) => ({ reserve: (fd, _, length) => real.reserve(fd, 0, length) }),
  'a stored value shows in the file': () => ({ map: privately }),
  'a value written to the file shows in memory': (real) => {
    let maps = 0
    return { map: (...range) => (maps++ === 0 ? real.map(...range) : privately(...range)) }
  },
  'the same in a later part of the file': (real) => ({ map: (fd, _, length) => real.map(fd, 0, length) }),
  'a free byte is granted': () => ({ lock: () => false }),
  'a lock shows to a reader': () => ({ probe: () => false }),
  'a lock refuses another one': (real) => ({ lock: (...lock) => real.lock(...lock) || true }),
  'a lock leaves the next byte free': (real) => ({
    lock: (fd, _, mode) => real.lock(fd, 0, mode),
    probe: (fd) => real.probe(fd, 0),
  }),
  'a lock becomes a shared one': (real) => ({ lock: (fd, byte, mode) => real.lock(fd, byte, mode === 0 ? 0 : 2) }),
  'a shared lock refuses an exclusive one': (real) => {
    let shared = false
    return {
      lock(fd, byte, mode) {
        shared ||= mode === 1 && real.lock(fd, byte, mode)
        return real.lock(fd, byte, mode) || shared
      },
    }
  },
  'a shared lock shows to a reader': (real) => {
    let shared = false
    return {
      lock(fd, byte, mode) {
        const taken = real.lock(fd, byte, mode)
        shared ||= taken && mode === 1
        return taken
      },
      probe: (fd, byte) => real.probe(fd, byte) && !shared,
    }
  },
  'a released byte is free': (real) => ({ lock: (fd, byte, mode) => mode === 0 || real.lock(fd, byte, mode) }),
  'a lock ends with the open file': (real, opened) => {
    const kept = new Map<number, number>()
    const keep = (fd: number): number => {
      if (!kept.has(fd)) kept.set(fd, opened[opened.push(openSync(`/proc/self/fd/${fd}`, 'r+')) - 1]!)
      return kept.get(fd)!
    }
    return { lock: (fd, byte, mode) => real.lock(keep(fd), byte, mode), probe: (fd, byte) => real.probe(fd, byte) }
  },
}

/** A mapping that is a copy: stores in it stay there. */
function privately(fd: number, offset: number, length: number): ArrayBuffer {
  const copy = new Uint8Array(length)
  readSync(fd, copy, 0, length, offset)
  return copy.buffer
}

describe.skipIf(binding === undefined)('the trial of an addon', () => {
  test('accepts the real one', () => {
    expect(addonFault(binding!)).toBeUndefined()
  })

  test.each(Object.entries(lies))('refuses one of which it is not true that %s', (step, lie) => {
    const opened: number[] = []
    const { map, reserve, lock, probe, reap } = binding!
    expect(addonFault({ map, reserve, lock, probe, reap, ...lie(binding!, opened) })).toBe(step)
    opened.forEach(closeSync)
  })

  test('refuses one that throws, and names the error', () => {
    const map = (): never => {
      throw Object.assign(new Error('map failed'), { code: 'EPERM' })
    }
    expect(addonFault({ ...binding!, map })).toBe('a stored value shows in the file (EPERM)')
  })

  test('refuses every addon where it cannot try one', () => {
    vi.stubEnv('TMPDIR', '/nonexistent')
    expect(addonFault(binding!)).toBe('a temporary file can be made (ENOENT)')
  })

  test('has a wrong addon here for each of its steps', () => {
    const source = readFileSync(`${root}/src/platform/addon-proof.ts`, 'utf8')
    const steps = [...source.matchAll(/^ {2}\[\s*'([^']+)',/gm)].map(([, step]) => step)
    expect(steps.length).toBeGreaterThan(10)
    expect(Object.keys(lies)).toEqual(steps)
  })
})
