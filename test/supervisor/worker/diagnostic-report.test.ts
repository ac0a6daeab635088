import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect } from 'vitest'
import { writeReport } from '../../../src/supervisor/worker/diagnostic-report.js'
import { privateDirectory, writePrivateFile } from '../../../src/supervisor/worker/private-file.js'
import { test } from '../../helpers/processes/stage.js'

const stranger = 65534
const report = JSON.stringify({
  header: { event: 'x' },
  environmentVariables: { DATABASE_PASSWORD: 'hunter2' },
  workers: [{ environmentVariables: { DATABASE_PASSWORD: 'hunter2' } }],
})
const options = { reportDir: '', reportEnvironment: false }
const umask = process.umask()
const home = process.cwd()

afterEach(() => {
  process.umask(umask)
  process.chdir(home)
})

describe('the report of a blocked worker', () => {
  test('has mode 0600 in a directory of mode 0700, whatever the umask', ({ stage }) => {
    for (const mask of [0, 0o022, 0o777]) {
      const folder = stage.folder()
      process.umask(mask)
      for (const reportDir of [join(folder, 'made', 'by', 'it'), '']) {
        process.chdir(folder)
        const file = mask === 0o777 ? writeReport(report, options) : writeReport(report, { ...options, reportDir })
        expect(statSync(file).mode & 0o777).toBe(0o600)
        expect(statSync(dirname(file)).mode & 0o077).toBe(0)
        expect(readFileSync(file, 'utf8')).toContain('event')
      }
      process.chdir(home)
    }
  })

  test('contains the environment only on request', ({ stage }) => {
    process.chdir(stage.folder())
    expect(readFileSync(writeReport(report, options), 'utf8')).not.toContain('hunter2')
    const asked = readFileSync(writeReport(report, { ...options, reportEnvironment: true }), 'utf8')
    expect(JSON.parse(asked).environmentVariables).toEqual({ DATABASE_PASSWORD: 'hunter2' })
  })

  test('goes straight into a directory that was named and that only its user can write to', ({ stage }) => {
    const named = join(stage.folder(), 'reports')
    mkdirSync(named, { mode: 0o755 })
    expect(dirname(writeReport(report, { ...options, reportDir: named }))).toBe(named)
    chmodSync(named, 0o1777)
    const file = writeReport(report, { ...options, reportDir: named })
    expect(dirname(file)).toBe(join(named, 'promhive-reports'))
  })

  test('goes to a private directory below the temporary one where the directory cannot be written', ({ stage }) => {
    const blocked = join(stage.folder(), 'file')
    writeFileSync(blocked, '')
    const file = writeReport(report, { ...options, reportDir: join(blocked, 'reports') })
    stage.after(() => {
      rmSync(file, { force: true })
      if (readdirSync(dirname(file)).length === 0) rmdirSync(dirname(file))
    })
    expect(file.startsWith(tmpdir())).toBe(true)
    expect(dirname(file)).not.toBe(tmpdir())
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('is never written to a file or through a link that was there first', ({ stage }) => {
    const folder = stage.folder()
    const target = join(folder, 'target')
    writeFileSync(join(folder, 'file'), 'there first')
    symlinkSync(target, join(folder, 'link'))
    for (const name of ['file', 'link']) {
      expect(() => writePrivateFile(join(folder, name), 'secret')).toThrow(/EEXIST/)
    }
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('there first')
    expect(existsSync(target)).toBe(false)
  })

  test.runIf(process.geteuid?.() === 0)(
    'is not readable to another user, whatever that user made before',
    ({ stage }) => {
      const traps: ((path: string) => void)[] = [
        (path) => mkdirSync(path, { mode: 0o777 }),
        (path) => writeFileSync(path, ''),
        (path) => {
          mkdirSync(`${path}-of-another`)
          chownSync(`${path}-of-another`, stranger, stranger)
          symlinkSync(`${path}-of-another`, path)
        },
      ]
      for (const lay of traps) {
        const shared = stage.folder()
        chmodSync(shared, 0o1777)
        const path = join(shared, 'promhive-reports')
        lay(path)
        if (!lstatSync(path).isSymbolicLink()) chownSync(path, stranger, stranger)
        process.umask(0)
        const file = writeReport(report, { ...options, reportDir: shared })
        process.umask(umask)
        expect(dirname(dirname(file))).toBe(shared)
        expect(dirname(file)).not.toBe(path)
        const read = spawnSync(
          'setpriv',
          [`--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups', 'cat', file],
          { encoding: 'utf8' },
        )
        expect(read.status).not.toBe(0)
        expect(read.stdout).toBe('')
        const list = spawnSync('setpriv', [
          `--reuid=${stranger}`,
          `--regid=${stranger}`,
          '--clear-groups',
          'ls',
          dirname(file),
        ])
        expect(list.status).not.toBe(0)
      }
    },
  )

  test('the same directory serves for many reports', ({ stage }) => {
    const folder = stage.folder()
    const first = privateDirectory(folder, false)
    expect(privateDirectory(folder, false)).toBe(first)
    process.chdir(folder)
    for (let i = 0; i < 3; i++) writeReport(report, options)
    expect(readdirSync(first)).toHaveLength(3)
  })
})
