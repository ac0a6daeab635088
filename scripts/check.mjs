// What `npm test` runs before the tests: each step a line with its duration, and the tool's own words when it fails.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkWorkflows } from './check-workflows.mjs'
import { checkWords } from './words/check.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What is published. */
const packages = ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))]

/** The program of a package, as a script: what lies in node_modules/.bin differs between systems. */
function bin(packageName, program) {
  const folder = join(root, 'node_modules', packageName)
  return join(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin[program])
}

const steps = [
  ['build', () => run('scripts/build.mjs')],
  ['words', () => checkWords().join('\n') || undefined],
  ['biome', () => run(bin('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.')],
  ['types', () => run(bin('typescript', 'tsc'), '-p', 'test/types/tsconfig.json', '--noEmit')],
  ['tests', () => run(bin('typescript', 'tsc'), '-p', 'test/tsconfig.json', '--noEmit')],
  ['actions', () => checkWorkflows(join(root, '.github', 'workflows'))],
  ...packages.flatMap((folder) => [
    ['publint', () => publint(folder)],
    // Not for resolvers that know no "exports" (TypeScript's node10): the main front door alone could be found by them.
    ['attw', () => run(bin('@arethetypeswrong/cli', 'attw'), '--pack', folder)],
  ]),
]

for (const [name, step] of steps) {
  const started = performance.now()
  const fault = await step()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`check: ${name.padEnd(8)} ${fault === undefined ? 'ok' : 'FAILED'} ${seconds} s`)
  if (fault !== undefined) {
    console.error(fault)
    process.exit(1)
  }
}

/** @returns {string | undefined} all that a failing script wrote */
function run(script, ...args) {
  const result = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    encoding: 'utf8',
    // Packing must not build again: the build step has.
    env: { ...process.env, npm_config_ignore_scripts: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.status === 0) return undefined
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim()
  return said || (result.error?.message ?? `${script} ended with ${result.status ?? result.signal}`)
}

async function publint(folder) {
  process.env.npm_config_ignore_scripts = 'true'
  const { publint } = await import('publint')
  const { formatMessage } = await import('publint/utils')
  const { messages, pkg } = await publint({ pkgDir: join(root, folder), pack: 'npm' })
  return messages.length === 0 ? undefined : messages.map((message) => formatMessage(message, pkg)).join('\n')
}
