import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../processes/actor.js'
import type { Stage } from '../processes/stage.js'

const folder = dirname(fileURLToPath(import.meta.url))

/** Debian's package serves Debian's Python, which need not be the first one on the path. */
const python = ['/usr/bin/python3', 'python3'].find((name) => {
  return spawnSync(name, ['-c', 'import prometheus_client'], { stdio: 'ignore' }).status === 0
})

/** Whether this system has Python's client. */
export const hasPythonClient = python !== undefined

/** Runs a program of this folder with Debian's Python to its end; returns what it printed. */
export function runPython(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const options = { env: { ...cleanEnvironment(), PYTHONDONTWRITEBYTECODE: '1', ...env }, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(python!, [join(folder, program), ...args], options)
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
  return stdout
}

/** The collector of Python's client, in a process of its own. */
export class PythonCollector {
  private output = Buffer.alloc(0)
  private errors = ''
  private look: () => void = () => {}

  private constructor(private readonly child: ChildProcess) {
    child.stdout!.on('data', (piece: Buffer) => {
      this.output = Buffer.concat([this.output, piece])
      this.look()
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
  }

  /** @param order how it goes through the files: as they are in the directory, or by name, as promhive does */
  static start(stage: Stage, directory: string, order: 'as_listed' | 'by_name' = 'as_listed'): PythonCollector {
    const child = spawn(python!, [join(folder, 'collect.py'), directory, order], {
      env: { ...cleanEnvironment(), PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const collector = new PythonCollector(child)
    stage.after(async () => {
      child.kill('SIGKILL')
      await ended
    })
    return collector
  }

  /** Returns one exposition. Rejects if the collector fails, as it does for any damaged file. */
  collect(): Promise<string> {
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(new Error(this.errors))
      this.child.once('close', failed)
      this.look = () => {
        const head = this.output.indexOf('\n')
        if (head < 0) return
        const end = head + 1 + Number(this.output.toString('latin1', 0, head))
        if (this.output.length < end) return
        const page = this.output.toString('utf8', head + 1, end)
        this.output = this.output.subarray(end)
        this.child.off('close', failed)
        resolve(page)
      }
      this.child.stdin!.write('\n')
    })
  }
}
