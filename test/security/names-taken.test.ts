import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { MetricsError } from '../../src/model/errors.js'
import { refOf } from '../../src/model/series-ref.js'
import { loadBinding } from '../../src/platform/addon.js'
import { MemoryStore } from '../../src/store/memory/memory-backend.js'
import { wipeFiles } from '../../src/store/shared/directory.js'
import { Leadership } from '../../src/store/shared/leadership.js'
import { directoryInUse } from '../../src/store/shared/run-members.js'
import { SharedBackend } from '../../src/store/shared/shared-backend.js'
import { livingTargets, TargetFile } from '../../src/store/shared/target-file.js'
import { counterOf } from '../../src/testing/counted.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { counterFamily } from '../helpers/writers.js'

const jobs = counterFamily('jobs_total', { labelNames: ['text'] })

/** What may have the name of a file, and is none. */
const things: Readonly<Record<string, (path: string, stage: Stage) => void | Promise<void>>> = {
  'a fifo': (path) => void spawnSync('mkfifo', [path]),
  'a socket': (path, stage) =>
    new Promise((resolve) => {
      const server = createServer()
      stage.after(() => new Promise((closed) => void server.close(() => closed())))
      server.listen(path, () => resolve())
    }),
  'a folder with a file': (path) => {
    mkdirSync(path)
    writeFileSync(join(path, 'file'), '')
  },
  'a link to nowhere': (path) => symlinkSync('nowhere', path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to a folder': (path) => symlinkSync('/etc', path),
  'a link to a device': (path) => symlinkSync('/dev/zero', path),
  ...(process.getuid?.() === 0 && { 'a device': (path: string) => void spawnSync('mknod', [path, 'c', '1', '5']) }),
}

const names = [
  'control',
  '0001.values',
  '0001.series',
  '0001.exemplars',
  '0001.target',
  '0001.claim-0123456789abcdef',
  '.beginning.claim-0123456789abcdef',
  '.removing.claim-0123456789abcdef',
  '.alive-0123456789abcdef0123456789abcdef',
  '.leader',
  '.leader.claim-0123456789abcdef',
  '.tmp-1-x',
  'bad-x',
]

const { binding } = loadBinding()

describe.each([
  ...(binding === undefined ? [] : [{ backend: 'mmap', binding }]),
  { backend: 'buffered', binding: null },
])(
  '$backend: A fifo, a socket, a device, a link or a folder under the name of one of promhive’s files does not stop a new run.',
  ({ binding }) => {
    test.for(Object.keys(things))('%s', async (thing, { stage }) => {
      for (const taken of [...names.map((name) => [name]), names]) {
        const directory = stage.directory(`metrics-${taken[0]}-${taken.length}`)
        mkdirSync(directory, { mode: 0o700 })
        for (const name of taken) await things[thing]!(join(directory, name), stage)
        expect(directoryInUse(directory), taken[0]).toBe(false)

        const first = begin(stage, directory)
        const counted = await counts(first, directory, 'first', 1)
        expect(counted, taken[0]).toEqual({ 'text="first"': 1 })
        const leadership = new Leadership(directory, binding ?? undefined)
        while (!leadership.held());
        leadership.leaveNote('noted')
        expect(leadership.note()).toBe('noted')
        leadership.leave()
        const target = { id: 'web1:9500', address: 'web1:9500', labels: { worker: '1' } }
        const announcement = new TargetFile(directory, 1, binding ?? undefined)
        announcement.write(target)
        expect(livingTargets(directory, binding ?? undefined), taken[0]).toEqual([target])
        announcement.remove()
        // The next process takes over the seat, with its counts.
        first.close()
        const next = begin(stage, directory, true)
        const both = await counts(next, directory, 'next', 10)
        expect(both, taken[0]).toEqual({ 'text="first"': 1, 'text="next"': 10 })
        next.openStore().remove(jobs, { text: 'first' }, 'application')
        expect(await counts(next, directory, 'next', 10), taken[0]).toEqual({ 'text="next"': 20 })
        next.close()
      }
    })

    test('also if it is created while the application runs', async ({ stage }) => {
      for (const name of names.filter((name) => name !== 'control')) {
        const directory = stage.directory(`metrics-${name}`)
        const first = begin(stage, directory)
        first.join()
        things['a fifo']!(join(directory, name), stage)
        expect(await counts(first, directory, 'first', 1), name).toEqual({ 'text="first"': 1 })
        first.openStore().remove(jobs, { text: 'none' }, 'application')
      }
    })

    test('and is gone, or has another name, when the directory was wiped', async ({ stage }) => {
      for (const [thing, make] of Object.entries(things)) {
        const directory = stage.directory(`metrics-${thing}`)
        mkdirSync(directory)
        for (const name of names) await make(join(directory, name), stage)
        wipeFiles(directory)
        const left = names.filter((name) => name !== 'control' && name !== 'bad-x')
        expect(left.filter((name) => existsSync(join(directory, name)))).toEqual([])
      }
    })

    function begin(stage: Stage, directory: string, keep = false): SharedBackend {
      const backend = new SharedBackend({
        directory,
        onError(error: MetricsError) {
          throw error
        },
        overflow: (seat) => new MemoryStore(seat),
        binding,
        keep,
      })
      stage.after(() => backend.close())
      return backend
    }

    /** Counts, and reads the directory beside the writer. */
    async function counts(backend: SharedBackend, directory: string, text: string, amount: number) {
      const store = backend.openStore()
      expect(store).not.toBeInstanceOf(MemoryStore)
      counterOf({ store }, jobs, JSON.stringify([text])).inc(amount)
      store.setExemplar(jobs, refOf([text]), 0, { labels: { trace_id: 'a' }, value: 1, timestamp: 1 })
      store.flush()
      const { scrape } = await readDirectory(directory)
      return scrape.labelled('jobs_total')
    }
  },
)
