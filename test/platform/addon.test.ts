import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import { until } from '../helpers/processes/until.js'

const { binding } = loadBinding()
const size = 1024 * 1024
let folder: string
let path: string
let fd: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'promhive-test-addon-'))
  path = join(folder, 'file')
  fd = openSync(path, 'wx+')
})

afterEach(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

describe.skipIf(binding === undefined)('a mapping', () => {
  // Pages have 4, 16 or 64 KiB, and Windows begins mappings at multiples of 64 KiB.
  test.for([0, 8, 4096, 16_384, 16_392, 65_536, 65_544])('may begin at byte %d', (offset) => {
    binding!.reserve(fd, 0, size)
    const values = new Float64Array(binding!.map(fd, offset, size - offset))
    expect(values.byteLength).toBe(size - offset)
    values[0] = 1.5
    values[values.length - 1] = 2.5
    expect([valueAt(offset), valueAt(size - 8)]).toEqual([1.5, 2.5])
  })

  test('ends when nothing refers to it', async () => {
    binding!.reserve(fd, 0, size)
    for (const offset of [0, 8, 65_544]) binding!.map(fd, offset, size - offset)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const mappings = (): number => {
      collect()
      return readFileSync('/proc/self/maps', 'utf8').split(path).length - 1
    }
    expect(await until(mappings, (count) => count === 0)).toBe(0)
  })

  test.for([-8, 0])('of %d bytes is refused', (length) => {
    expect(() => binding!.map(fd, 0, length)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
  })
})

function valueAt(position: number): number {
  const value = new Float64Array(1)
  readSync(fd, value, 0, 8, position)
  return value[0]!
}
