import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { takePidFile } from '../../src/supervisor/pid-file.js'
import { promhive } from '../helpers/processes/command.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
const app = join(dirname(fileURLToPath(import.meta.url)), 'programs', 'serves.mjs')

describe.runIf(process.platform === 'linux')('a pid file', () => {
  test('has the pid of its process, and goes with it', ({ stage }) => {
    const path = join(stage.folder(), 'app.pid')
    const release = takePidFile(path)
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
    expect(readdirSync(dirname(path))).toEqual(['app.pid'])
    release()
    release()
    expect(existsSync(path)).toBe(false)
  })

  test('that another process has made since is not removed', ({ stage }) => {
    const path = join(stage.folder(), 'app.pid')
    const release = takePidFile(path)
    writeFileSync(`${path}.other`, '1\n')
    spawnSync('mv', [`${path}.other`, path])
    release()
    expect(readFileSync(path, 'utf8')).toBe('1\n')
  })

  test('is released once: a later file may have its inode', ({ stage }) => {
    const path = join(stage.folder(), 'app.pid')
    const release = takePidFile(path)
    linkSync(path, `${path}.kept`)
    release()
    linkSync(`${path}.kept`, path)
    release()
    expect(existsSync(path)).toBe(true)
  })

  test('whose directory cannot be looked into does not fail the end of its process', ({ stage }) => {
    const folder = stage.folder()
    const path = join(folder, 'below', 'app.pid')
    mkdirSync(dirname(path))
    const release = takePidFile(path)
    renameSync(dirname(path), join(folder, 'moved'))
    symlinkSync('below', dirname(path))
    expect(release).not.toThrow()
  })

  test('of a process that has ended is replaced, also where its number is another one’s now', ({ stage }) => {
    const path = join(stage.folder(), 'app.pid')
    const { pid } = spawnSync('true')
    const living = spawn('sleep', ['60'])
    stage.after(() => void living.kill('SIGKILL'))
    for (const [stale, writtenAt] of [
      [pid, Date.now() / 1000],
      // Written an hour before that process was started: by one that had its number then.
      [living.pid!, Date.now() / 1000 - 3600],
      [process.pid, Date.now() / 1000],
    ] as const) {
      writeFileSync(path, `${stale}\n`)
      utimesSync(path, writtenAt, writtenAt)
      const release = takePidFile(path)
      expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`)
      release()
    }
  })

  test('of a living process is left alone', ({ stage }) => {
    const path = join(stage.folder(), 'app.pid')
    const living = spawn('sleep', ['60'])
    stage.after(() => void living.kill('SIGKILL'))
    writeFileSync(path, `${living.pid}\n`)
    expect(() => takePidFile(path)).toThrow(`belongs to process ${living.pid}, which is running`)
    expect(readFileSync(path, 'utf8')).toBe(`${living.pid}\n`)
    expect(readdirSync(dirname(path))).toEqual(['app.pid'])
  })

  test('is no other file, no directory and no link: a misspelt path costs nothing', ({ stage }) => {
    const folder = stage.folder()
    writeFileSync(join(folder, 'app.js'), 'serve()')
    writeFileSync(join(folder, 'empty'), '')
    mkdirSync(join(folder, 'directory'))
    symlinkSync('app.js', join(folder, 'link'))
    for (const name of ['app.js', 'empty', 'directory', 'link']) {
      expect(() => takePidFile(join(folder, name))).toThrow('is not a pid file')
    }
    expect(readFileSync(join(folder, 'app.js'), 'utf8')).toBe('serve()')
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
    expect(() => takePidFile(join(folder, 'missing', 'app.pid'))).toThrow('cannot be written')
  })

  test('is the supervisor’s while it runs; a second one is refused, and starts nothing', { timeout }, async ({
    stage,
  }) => {
    const path = join(stage.folder(), 'app.pid')
    const args = ['--workers', '1', '--pid-file', path]
    const first = await SupervisedApplication.start(stage, { args })
    expect(Number(readFileSync(path, 'utf8'))).toBe(first.pid)
    const second = await promhive(stage, ['run', app, '--port', '0', ...args], { PORT: '0' })
    expect(second.code).toBe(1)
    expect(second.errors).toContain(`belongs to process ${first.pid}, which is running`)
    first.signal('SIGKILL')
    await first.ended
    const third = await SupervisedApplication.start(stage, { args })
    expect(Number(readFileSync(path, 'utf8'))).toBe(third.pid)
    third.signal('SIGTERM')
    expect(await third.ended).toBe(0)
    expect(existsSync(path)).toBe(false)
  })
})

describe.runIf(process.platform === 'linux')('a supervisor whose parent ends', () => {
  test('continues, and logs its own pid once', { timeout }, async ({ stage }) => {
    const path = join(stage.folder(), 'app.pid')
    // As npx does: a program in front of it that a signal ends.
    const wrapper = ['sh', '-c', '"$@"; exit $?', 'sh']
    const running = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--pid-file', path], wrapper })
    const supervisor = Number(readFileSync(path, 'utf8'))
    const workers = running.workerPids()
    stage.after(() => {
      for (const pid of [supervisor, ...workers]) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
    })
    expect(running.output).toContain(`supervisor ${supervisor}: 1 worker serves`)
    running.child.kill('SIGTERM')
    await running.says(/has ended, and the application keeps running/)
    expect(running.output).toMatch(
      new RegExp(
        `\\(${running.child.pid}\\) has ended, and the application keeps running; to stop it, send a signal to process ${supervisor}\n`,
      ),
    )
    expect(await running.ask()).toMatch(/^\d+$/)
    process.kill(supervisor, 'SIGTERM')
    await until(
      () => existsSync(path),
      (there) => !there,
    )
    await running.ended
    expect(running.output.match(/keeps running/g)).toHaveLength(1)
  })
})
