import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { type Binding, loadBinding } from '../../src/platform/addon.js'
import { prebuiltAddon } from '../helpers/addon.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause } from '../helpers/processes/until.js'

const { binding } = loadBinding()
const page = 65_536

describe.skipIf(binding?.gather === undefined)('a view of a file that others may truncate', () => {
  const { openView, closeView, gather } = binding as Required<Binding>

  function written(stage: Stage): { readonly path: string; readonly fd: number; readonly words: Int32Array } {
    const path = join(stage.folder(), 'file')
    const doubles = new Float64Array((2 * page) / 8).map((_, i) => i / 2)
    const words = new Int32Array(doubles.buffer)
    words[0] = 77
    writeFileSync(path, words)
    const fd = openSync(path, 'r+')
    stage.after(() => closeSync(fd))
    return { path, fd, words }
  }

  test('gives numbers and the first word, also what a mapping writes later', ({ stage }) => {
    const { path, fd } = written(stage)
    const view = openView(fd, path, 2 * page)
    const out = new Float64Array(3)
    expect(gather(view, Int32Array.of(5, 9000, 7), 2, out)).toBe(77)
    expect([...out]).toEqual([2.5, 4500, 0])
    const mapped = new Float64Array(binding!.map(fd, 0, page))
    const before = readFileSync(path)
    expect(before.readInt32LE()).toBe(77)
    closeView(view)
    // The first write to a mapping changes the time of a file, on some file systems.
    mapped[5] = 1
    const second = openView(fd, path, 2 * page)
    mapped[5] = 123.5
    expect(gather(second, Int32Array.of(5), 1, out)).toBe(77)
    expect(out[0]).toBe(123.5)
    closeView(second)
    expect(gather(second, Int32Array.of(5), 1, out)).toBe(-1)
  })

  const changes: readonly [what: string, change: (path: string, fd: number) => void][] = [
    ['truncated', (_, fd) => ftruncateSync(fd, 8)],
    ['longer', (_, fd) => ftruncateSync(fd, 3 * page)],
    ['written', (path) => writeFileSync(path, readFileSync(path))],
    ['removed', (path) => unlinkSync(path)],
    [
      'replaced',
      (path) => {
        writeFileSync(`${path}.next`, readFileSync(path))
        renameSync(`${path}.next`, path)
      },
    ],
  ]

  test.for(changes)('gives nothing of a file that is %s', async ([, change], { stage }) => {
    const { path, fd } = written(stage)
    // The times of a file are not precise.
    await pause(30)
    const view = openView(fd, path, 2 * page)
    const out = new Float64Array(1)
    expect(gather(view, Int32Array.of(5), 1, out)).toBe(77)
    change(path, fd)
    expect(gather(view, Int32Array.of(5), 1, out)).toBe(-1)
    closeView(view)
  })

  test('reads nothing outside of the view, and refuses what is none', ({ stage }) => {
    const { path, fd } = written(stage)
    const view = openView(fd, path, page)
    const out = new Float64Array(1)
    for (const index of [page / 8, -1, 2 ** 31 - 1]) expect(gather(view, Int32Array.of(index), 1, out)).toBe(-1)
    expect(gather(view, Int32Array.of(page / 8 - 1), 1, out)).toBe(77)
    expect(() => gather(view, Int32Array.of(1), 2, out)).toThrow('expected an Int32Array')
    expect(() => gather({}, Int32Array.of(1), 1, out)).toThrow('expected a view')
    expect(() => openView(fd, 5 as never, page)).toThrow('expected a number')
    expect(() => openView(-1, path, page)).toThrow('mmap failed')
    expect(() => openView(fd, path, 0)).toThrow('mmap failed')
    closeView(view)
    closeView(view)
  })

  // An access to a page that the file lacks is what happens to a file that is truncated a moment after it was checked.
  const beyond = (path: string): string => `
    const { openView, gather } = require(${JSON.stringify(prebuiltAddon)})
    const fd = require('node:fs').openSync(${JSON.stringify(path)})
    const view = () => openView(fd, ${JSON.stringify(path)}, ${4 * page})
    const read = (index) => gather(view(), Int32Array.of(1, index), 2, new Float64Array(2))
    for (let i = 0; i < 3; i++) console.log(read(9), read(${(3 * page) / 8}), read(${(4 * page) / 8 - 1}))
  `
  const results = '77 -1 -1\n'.repeat(3)

  test('is not the end of the process if the file is truncated while it is read', ({ stage }) => {
    const { path } = written(stage)
    const { stdout, signal, status } = spawnSync(process.execPath, ['-e', beyond(path)], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect([stdout, signal, status]).toEqual([results, null, 0])
  })

  test('leaves other signals of this kind to the application', ({ stage }) => {
    const { path } = written(stage)
    const run = (program: string) => spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: 60_000 })
    const handled = run(`
      process.on('SIGBUS', () => { console.log('heard'); process.exit() })
      setTimeout(() => {}, 30000)
      ${beyond(path)}
      process.kill(process.pid, 'SIGBUS')
    `)
    expect([handled.stdout, handled.signal, handled.status]).toEqual([`${results}heard\n`, null, 0])
    const unhandled = run(`${beyond(path)}\nprocess.kill(process.pid, 'SIGBUS')\nsetTimeout(() => {}, 30000)`)
    expect([unhandled.stdout, unhandled.signal]).toEqual([results, 'SIGBUS'])
  })

  test('hands on what other threads and processes send meanwhile', ({ stage }) => {
    const { path } = written(stage)
    // The signal arrives while the handler of the addon is installed.
    const program = `
      const { Worker } = require('node:worker_threads')
      const { openView, gather } = require(${JSON.stringify(prebuiltAddon)})
      const fd = require('node:fs').openSync(${JSON.stringify(path)})
      const view = openView(fd, ${JSON.stringify(path)}, ${2 * page})
      const indexes = new Int32Array(1_000_000).fill(9)
      const out = new Float64Array(indexes.length)
      let heard = 0
      let wrong = 0
      process.on('SIGBUS', () => heard++)
      const sent = new Int32Array(new SharedArrayBuffer(4))
      const sender = 'const sent = require("node:worker_threads").workerData; ' +
        'setInterval(() => { sent[0]++; process.kill(process.pid, "SIGBUS") }, 1)'
      new Worker(sender, { eval: true, workerData: sent }).unref()
      const turn = () => {
        for (let i = 0; i < 20; i++) if (gather(view, indexes, indexes.length, out) !== 77) wrong++
        if (sent[0] < 300) return setImmediate(turn)
        // Several signals may become one.
        console.log('wrong', wrong, heard > sent[0] / 10)
        process.exit()
      }
      turn()
    `
    const { stdout, signal, status } = spawnSync(process.execPath, ['-e', program], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect([stdout, signal, status]).toEqual(['wrong 0 true\n', null, 0])
  })
})
