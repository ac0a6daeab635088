import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { cleanEnvironment } from './actor.js'
import { provideDist, root } from './dist.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')

export interface Run {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs the command `promhive` to its end. */
export async function promhive(
  stage: Stage,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const command = begin(stage, args, env)
  const code = await command.ended
  return { code, output: command.output(), errors: command.errors() }
}

/** Starts `promhive serve` on a free port; returns its URL. */
export async function promhiveServe(
  stage: Stage,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<{ url: string; pid: number; stop(): Promise<number | null>; errors(): string }> {
  const command = begin(stage, ['serve', '--port', '0', ...args], env, wrapper)
  const output = await until(
    () => command.output(),
    (text) => /at http\S+\n/.test(text) || command.over(),
  )
  const url = /at (http\S+)\n/.exec(output)?.[1]
  if (url === undefined) throw new Error(`promhive serve ended: ${command.errors()}`)
  return {
    url,
    pid: command.child.pid!,
    errors: command.errors,
    stop() {
      command.child.kill('SIGTERM')
      return command.ended
    },
  }
}

/** Starts the command `promhive`, and does not wait for anything. */
export function begin(
  stage: Stage,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
) {
  provideDist()
  const [program = process.execPath, ...before] = [...wrapper, process.execPath, bin, ...args]
  const child = spawn(program, before, {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  let over = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      over = true
      resolve(code)
    })
  })
  stage.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended, over: () => over, output: () => output, errors: () => errors }
}
