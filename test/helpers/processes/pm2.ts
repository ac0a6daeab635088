import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cleanEnvironment } from './actor.js'
import { provideDist, root } from './dist.js'
import type { Stage } from './stage.js'

const program = join(root, 'test', 'managers', 'node_modules', 'pm2', 'bin', 'pm2')

export const hasPm2 = existsSync(program)

/** A PM2 of the test's own, with its daemon; ended with the test. */
export class Pm2 {
  private readonly home: string

  constructor(stage: Stage) {
    provideDist()
    this.home = stage.folder()
    stage.after(() => this.end())
  }

  /** Runs a command of PM2 and returns its output; throws if it fails. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--no-color', ...args], {
      env: { ...cleanEnvironment(), PM2_HOME: this.home, ...env },
      maxBuffer: 1 << 24,
    })
    return stdout
  }

  /** The processes of an application. */
  async pidsOf(name: string): Promise<number[]> {
    return (JSON.parse(await this.run(['jlist'])) as { name: string; pid: number }[])
      .filter((each) => each.name === name && each.pid > 0)
      .map(({ pid }) => pid)
  }

  /** What each process of an application wrote to stderr, in the order of `pidsOf`. */
  errorsOf(name: string): string[] {
    const folder = join(this.home, 'logs')
    const files = readdirSync(folder).filter((file) => file.startsWith(`${name}-error`))
    return files.sort().map((file) => readFileSync(join(folder, file), 'utf8'))
  }

  get daemon(): number {
    return Number(readFileSync(join(this.home, 'pm2.pid'), 'utf8'))
  }

  private async end(): Promise<void> {
    const { daemon } = this
    try {
      await this.run(['kill'])
    } catch {
      process.kill(daemon, 'SIGKILL')
    }
  }
}
