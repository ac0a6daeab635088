import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../processes/dist.js'

/** A runtime that provisioning installs, with what its command has before the program. */
export interface Runtime {
  readonly name: string
  readonly program: string
  readonly present: boolean
  /** The numbers of its version; empty if it is not there. */
  readonly version: readonly number[]
  readonly args: readonly string[]
}

const modules = join(root, 'test', 'runtimes', 'node_modules')
const { arch } = process

/** The newest Node.js that is supported, or the one that `npm run test:matrix` names. */
export const newestNode = runtime(
  'Node.js',
  process.env.TEST_NODE ?? join(modules, `node-linux-${arch}`, 'bin', 'node'),
  // A deprecation of what promhive calls ends the program.
  ['--throw-deprecation', '--trace-warnings'],
)

export const bun = runtime(
  'Bun',
  join(modules, '@oven', `bun-linux-${arch === 'arm64' ? 'aarch64' : arch}`, 'bin', 'bun'),
)

export const deno = runtime('Deno', join(modules, '@deno', `linux-${arch}-glibc`, 'deno'), [
  'run',
  '--no-prompt',
  '--cached-only',
  '--node-modules-dir=manual',
])

/** A program that runs other programs. */
export function runtime(name: string, program: string, args: readonly string[] = []): Runtime {
  const present = existsSync(program)
  const version = present ? spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.match(/\d+/g) : undefined
  return { name, program, args, present, version: (version ?? []).map(Number) }
}
