import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect } from 'vitest'
import { livenessIdOf, livenessName } from '../../../src/store/shared/format.js'
import { isHeld, livenessIdIn, sweepLivenessFiles, whyNoLivenessFile } from '../../../src/store/shared/liveness-file.js'
import { openFilesOf } from '../../helpers/processes/open-files.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const id = '0123456789abcdef0123456789abcdef'
/** A program that holds its liveness file and says so; `then` is what it does next. */
const program = (directory: string, then: string): string => `
  const { openSync, constants, renameSync } = require('node:fs')
  const path = ${JSON.stringify(join(directory, livenessName(id)))}
  require('node:child_process').spawnSync('mkfifo', ['-m', '600', path])
  openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  ${then}`

function folder(stage: Stage): string {
  const directory = stage.directory()
  mkdirSync(directory, { mode: 0o700 })
  return directory
}

async function holder(stage: Stage, directory: string, then: string) {
  const child = spawn(process.execPath, ['-e', program(directory, then)], { stdio: ['ignore', 'pipe', 'inherit'] })
  stage.after(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

describe('a liveness file', () => {
  test('is held by this thread, once in a directory, and again when it was removed', ({ stage }) => {
    const directory = folder(stage)
    const first = livenessIdIn(directory)
    expect(isHeld(directory, first)).toBe(true)
    expect(livenessIdIn(directory)).toBe(first)
    expect(readdirSync(directory)).toEqual([livenessName(first)])
    rmSync(join(directory, livenessName(first)))
    expect(isHeld(directory, first)).toBe(false)
    const second = livenessIdIn(directory)
    expect([second === first, isHeld(directory, second)]).toEqual([false, true])
    // The descriptor of the removed one is closed.
    expect(openFilesOf(process.pid, directory).filter((path) => path.includes(first))).toEqual([])
    expect(whyNoLivenessFile(directory)).toBeUndefined()
  })

  test('shows that a process lives while it is blocked or stopped, and that it is dead before it is reaped', async ({
    stage,
  }) => {
    const directory = folder(stage)
    const child = await holder(stage, directory, "require('node:fs').writeSync(1, 'x'); for (;;);")
    expect(isHeld(directory, id)).toBe(true)
    child.kill('SIGSTOP')
    expect(isHeld(directory, id)).toBe(true)
    // A shell that reaps none of its children: the killed process stays a zombie.
    const other = folder(stage)
    const script = `"${process.execPath}" -e '${program(other, 'console.log(1); setInterval(() => {}, 1000)').replaceAll("'", '"')}' & echo pid $!; exec sleep 60`
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    stage.after(() => void parent.kill('SIGKILL'))
    let said = ''
    parent.stdout.on('data', (text) => (said += text))
    const pid = await until(
      async () => /pid (\d+)/.exec(said)?.[1],
      (found) => found !== undefined && isHeld(other, id) === true,
    )
    process.kill(Number(pid), 'SIGKILL')
    await until(
      async () => spawnSync('ps', ['-o', 'stat=', '-p', pid!], { encoding: 'utf8' }).stdout,
      (state) => state.startsWith('Z'),
    )
    expect(isHeld(other, id)).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isHeld(directory, id)).toBe(false)
  })

  test('is not inherited: a child that lives on does not keep its parent alive', async ({ stage }) => {
    const directory = folder(stage)
    const then = `
      const { spawn, fork } = require('node:child_process')
      const options = { detached: true, stdio: 'ignore' }
      const children = [spawn('sleep', ['60'], options), spawn('sh', ['-c', 'sleep 60'], options)]
      console.log(children.map(({ pid }) => pid).join(' '))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['-e', program(directory, then)], { stdio: ['ignore', 'pipe', 'inherit'] })
    stage.after(() => void child.kill('SIGKILL'))
    const [text] = await once(child.stdout, 'data')
    const children = String(text).trim().split(' ').map(Number)
    stage.after(() => children.forEach((pid) => void process.kill(-pid, 'SIGKILL')))
    expect(isHeld(directory, id)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (const pid of children) expect(process.kill(pid, 0)).toBe(true)
    expect(isHeld(directory, id)).toBe(false)
  })

  test.for([
    ['terminate', 'setInterval(() => {}, 1000)'],
    ['exit', 'process.exit(0)'],
    ['error', "throw new Error('ends')"],
  ] as const)('ends with its thread, not with the process: %s', async ([how, then], { stage }) => {
    const directory = folder(stage)
    const ready = "require('node:worker_threads').parentPort.postMessage('ready');"
    const worker = new Worker(program(directory, `${ready} setTimeout(() => { ${then} }, 100)`), { eval: true })
    worker.on('error', () => {})
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    await once(worker, 'message')
    expect(isHeld(directory, id)).toBe(true)
    if (how === 'terminate') await worker.terminate()
    await ended
    expect(isHeld(directory, id)).toBe(false)
  })

  test('that another file replaced is not that of a living process, and no check waits for it', ({ stage }) => {
    for (const replace of [
      (path: string) => void spawnSync('mkfifo', [path]),
      (path: string) => writeFileSync(path, ''),
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync('/dev/null', path),
      (path: string) => symlinkSync(path, path),
    ]) {
      const directory = folder(stage)
      replace(join(directory, livenessName(id)))
      expect(isHeld(directory, id)).toBe(false)
      sweepLivenessFiles(directory)
    }
  })

  test('is removed by any process once it is not held, and not before', async ({ stage }) => {
    const directory = folder(stage)
    const child = await holder(stage, directory, 'console.log(1); setInterval(() => {}, 1000)')
    const own = livenessIdIn(directory)
    sweepLivenessFiles(directory)
    const ids = () => readdirSync(directory).map(livenessIdOf).sort()
    expect(ids()).toEqual([own, id].sort())
    child.kill('SIGKILL')
    await once(child, 'exit')
    sweepLivenessFiles(directory)
    expect(ids()).toEqual([own])
  })

  test('is not possible on a file system without fifos, and the reason is known', ({ stage }) => {
    const directory = mkdtempSync(join(stage.folder(), 'gone-'))
    rmSync(directory, { recursive: true })
    expect(livenessIdIn(directory)).toBe('')
    // A directory that was removed may be made again.
    expect(whyNoLivenessFile(directory)).toBeUndefined()
    expect(livenessIdIn('/sys')).toBe('')
    expect(whyNoLivenessFile('/sys')).toMatch(/^mkfifo fails/)
  })
})
