import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { FileSd } from '../../../src/export/discovery/file-sd.js'
import { targetGroups } from '../../../src/export/discovery/target-groups.js'
import type { AnnouncedTarget } from '../../../src/model/announced-target.js'
import type { MetricsError } from '../../../src/model/errors.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const target = (address: string): AnnouncedTarget => ({ id: address, address, labels: { worker: '1' } })
const [own, other] = [target('web1:9500'), target('web1:9501')]

interface Announcing {
  readonly fileSd: FileSd
  readonly faults: MetricsError[]
  announced: number
  leads: boolean
  ending: boolean
  targets: readonly AnnouncedTarget[]
}

function announcing(stage: Stage, path: string): Announcing {
  const state: Announcing = {
    fileSd: new FileSd(
      {
        path,
        targets: () => state.targets,
        leads: () => state.leads,
        setEnding() {},
        isEnding: () => state.ending,
        leave: () => {},
      },
      { onAnnounced: () => state.announced++, onError: (error) => state.faults.push(error) },
      50,
    ),
    faults: [],
    announced: 0,
    leads: true,
    ending: false,
    targets: [own, other],
  }
  stage.after(() => state.fileSd.stop())
  return state
}

describe('the file of file_sd', () => {
  test('lists the targets, follows their changes, and is written only then', async ({ stage }) => {
    const path = join(stage.folder(), 'shop.json')
    const state = announcing(stage, path)
    await state.fileSd.start(own)
    expect(readFileSync(path, 'utf8')).toBe(targetGroups([other, own]))
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([
      { targets: ['web1:9500'], labels: { worker: '1' } },
      { targets: ['web1:9501'], labels: { worker: '1' } },
    ])
    const { ino } = statSync(path)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(statSync(path).ino).toBe(ino)
    state.targets = [own]
    await until(
      () => readFileSync(path, 'utf8'),
      (text) => text === targetGroups([own]),
    )
    await state.fileSd.stop()
    expect(readFileSync(path, 'utf8')).toBe('[]\n')
    expect([state.announced, state.faults]).toEqual([1, []])
    expect(readdirSync(join(path, '..'))).toEqual(['shop.json'])
  })

  test('reports a directory that is missing or cannot be written to, once, and recovers', async ({ stage }) => {
    const folder = join(stage.folder(), 'targets')
    const state = announcing(stage, join(folder, 'shop.json'))
    await state.fileSd.start(own)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(state.faults).toMatchObject([{ code: 'ANNOUNCE_FAILED', reason: 'file_sd' }])
    expect(state.faults[0]!.message).toMatch(/shop\.json cannot be kept up to date: ENOENT.*\. Create its directory;/)
    expect(state.announced).toBe(0)
    mkdirSync(folder)
    await until(
      () => state.announced,
      (announced) => announced === 1,
    )
    rmSync(folder, { recursive: true })
    await until(
      () => state.faults.length,
      (faults) => faults === 2,
    )
  })

  test('reports an application that writes the same file', async ({ stage }) => {
    const path = join(stage.folder(), 'shop.json')
    const state = announcing(stage, path)
    await state.fileSd.start(own)
    const timer = setInterval(() => writeFileSync(path, '[]'), 10)
    stage.after(() => clearInterval(timer))
    await until(
      () => state.faults.length,
      (faults) => faults > 0,
    )
    expect(state.faults).toMatchObject([
      { message: expect.stringContaining('Give each application a file of its own') },
    ])
  })

  test('waits at its end for another process that writes the file and ends as well', async ({ stage }) => {
    const path = join(stage.folder(), 'shop.json')
    const state = announcing(stage, path)
    await state.fileSd.start(own)
    // The other process has written the file with this target, and has not released it yet.
    Object.assign(state, { leads: false, ending: true })
    const stopped = state.fileSd.stop()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(readFileSync(path, 'utf8')).toContain(own.address)
    state.leads = true
    await stopped
    expect(readFileSync(path, 'utf8')).toBe(targetGroups([other]))
  })

  test('removes what a process left that was killed while it wrote', async ({ stage }) => {
    const folder = stage.folder()
    const names = ['.shop.json.1-x.tmp', '.shop.json.2-y.tmp', '.other.json.1-x.tmp']
    for (const name of names) writeFileSync(join(folder, name), '[')
    const old = Date.now() / 1000 - 120
    for (const name of names.slice(1)) utimesSync(join(folder, name), old, old)
    const state = announcing(stage, join(folder, 'shop.json'))
    await state.fileSd.start(own)
    expect(readdirSync(folder).toSorted()).toEqual(['.other.json.1-x.tmp', '.shop.json.1-x.tmp', 'shop.json'])
  })

  test('names the right that is missing', async ({ stage }) => {
    // Not even root may create a file there.
    const state = announcing(stage, '/sys/shop.json')
    await state.fileSd.start(own)
    expect(state.faults[0]!.message).toContain('Let the user of the application write to its directory')
  })
})
